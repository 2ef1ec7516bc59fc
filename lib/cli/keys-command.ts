import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemName } from '../config/names';
import { type Command, configOf, exitCodes, options, UsageError } from './command';

/** CloudFront signs with RSA of 2048 bits (Developer Guide, "Specify signers"). */
const modulusLength = 2048;

/** Readable by the operator alone. */
const privateFile = 0o600;

export const keysCommand: Command = {
  summary: 'Makes the two key pairs of private streams; private halves go to files, never to the screen',
  usage: 'headend keys --out DIRECTORY [-c name=…] [-c environment=…] [-c regions=…] [--json]',
  run(args) {
    const { context, out } = options(args, { out: { type: 'string' } });
    if (out === undefined) throw new UsageError('--out is missing: the directory for the private keys');
    const config = configOf(context);
    mkdirSync(out, { recursive: true, mode: 0o700 });
    const keys = ['current', 'next'].map((name) => writeKeyPair(out, name));
    const playbackKeys = keys.map(({ publicKey }) => publicKey).join(',');
    const secretId = `${systemName(config)}/stream/media-signing-key`;
    return {
      exitCode: exitCodes.ok,
      text: [
        'Deploy with both public keys:',
        `  -c playbackKeys=${playbackKeys}`,
        '',
        "Then give the stream service the current private key; KEY_ID is the edge stack's output CurrentSigningKeyId:",
        `  jq -n --arg id KEY_ID --rawfile key ${keys[0]?.file} '{keyPairId: $id, privateKey: $key}' |`,
        `    aws secretsmanager put-secret-value --region ${config.home} --secret-id ${secretId} --secret-string file:///dev/stdin`,
        '',
        `To rotate: put ${keys[1]?.file} there with NextSigningKeyId, wait a day for the old cookies to end, then make new keys.`,
      ].join('\n'),
      json: { schema: 'headend/keys/v1', playbackKeys, files: keys.map(({ file }) => file), secretId },
    };
  },
};

function writeKeyPair(directory: string, name: string) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength });
  const file = join(directory, `media-signing-${name}.pem`);
  // `wx`: a key that may be in use is never overwritten.
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: privateFile, flag: 'wx' });
  return { file, publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64') };
}
