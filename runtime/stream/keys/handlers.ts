import type { Handlers } from '../../shared/http';
import { newId } from '../../shared/ids';
import { Problem } from '../../shared/problem';
import { findOwnChannel } from '../access';
import type { streamContract } from '../contract';
import type { StreamDependencies } from '../dependencies';
import { publishTokenSeconds } from './publish-tokens';
import { hashSecret, newStreamKey } from './secret';
import { mostKeys, type StreamKey } from './store';

type KeyHandlers = Pick<
  Handlers<typeof streamContract>,
  'createKey' | 'listKeys' | 'revokeKey' | 'rotateKey' | 'createPublishToken'
>;

export function createKeyHandlers({ channels, keys, publishTokens, config, now }: StreamDependencies): KeyHandlers {
  return {
    async createKey({ principal, params: { handle }, body: { label } }) {
      const channel = await findOwnChannel(channels, handle, principal);
      const id = newId('ke');
      const secret = newStreamKey(id);
      const key = { id, channelId: channel.id, label, hash: hashSecret(secret), createdAt: now() };
      if ((await keys.create(key)) === 'too-many') {
        throw new Problem('conflict', `a channel has at most ${mostKeys} keys; revoke one first`);
      }
      return { status: 201, body: { ...describe({ ...key, lastUsedAt: null, revokedAt: null }), secret } };
    },

    async listKeys({ principal, params: { handle } }) {
      const channel = await findOwnChannel(channels, handle, principal);
      return { status: 200, body: { keys: (await keys.list(channel.id)).map(describe) } };
    },

    async revokeKey({ principal, params: { handle, keyId } }) {
      const channel = await findOwnChannel(channels, handle, principal);
      if (!(await keys.revoke(channel.id, keyId, now()))) throw new Problem('not-found');
      return { status: 204 };
    },

    async rotateKey({ principal, params: { handle, keyId } }) {
      const channel = await findOwnChannel(channels, handle, principal);
      const id = newId('ke');
      const secret = newStreamKey(id);
      const key = await keys.rotate(channel.id, keyId, { id, hash: hashSecret(secret) }, now());
      if (!key) throw new Problem('not-found');
      return { status: 201, body: { ...describe(key), secret } };
    },

    async createPublishToken({ principal, params: { handle } }) {
      const channel = await findOwnChannel(channels, handle, principal);
      return {
        status: 201,
        body: {
          token: await publishTokens.create(channel.id),
          whipUrl: config.INGEST_WHIP_URLS[config.REGION] ?? '',
          expiresInSeconds: publishTokenSeconds,
        },
      };
    },
  };
}

function describe({ id, label, createdAt, lastUsedAt, revokedAt }: Omit<StreamKey, 'hash'>) {
  return {
    id,
    label,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}
