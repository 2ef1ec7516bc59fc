import { Problem } from '../../shared/problem';
import type { StreamDependencies } from '../dependencies';
import { matchesHash, parsePresentedKey } from './secret';

/**
 * The channel that a stream key or a browser's token publishes to, and the key's id. Throws `stream-key-invalid` or
 * `stream-key-revoked`.
 */
export async function identifyKey(
  { keys, publishTokens }: Pick<StreamDependencies, 'keys' | 'publishTokens'>,
  text: string,
): Promise<{ readonly channelId: string; readonly keyId: string }> {
  const presented = parsePresentedKey(text);
  if (presented?.kind === 'publish-token') {
    const channelId = await publishTokens.find(presented.id, text);
    if (channelId === undefined) throw new Problem('stream-key-invalid');
    return { channelId, keyId: presented.id };
  }
  const key = presented && (await keys.find(presented.id));
  if (!key || !matchesHash(text, key.hash)) throw new Problem('stream-key-invalid');
  if (key.revokedAt !== null) throw new Problem('stream-key-revoked');
  return { channelId: key.channelId, keyId: key.id };
}
