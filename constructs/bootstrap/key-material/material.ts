import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';

/** A private key that signs service tokens, as the services mount it. */
export interface ServiceKey {
  readonly kty?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly d?: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

export function serviceKey(service: string): ServiceKey {
  return { ...ed25519(), kid: service, alg: 'EdDSA', use: 'sig' };
}

/** The document that service tokens are verified with: public halves only. */
export function publicKeySet(keys: readonly ServiceKey[]) {
  return { keys: keys.map(({ kty, crv, x, kid, alg, use }) => ({ kty, crv, x, kid, alg, use })) };
}

/** First signing key of user tokens; `npx headend keys rotate` adds later ones. */
export function signingKeys(now: Date) {
  const kid = randomBytes(8).toString('hex');
  return { keys: [{ kid, activeFrom: now.toISOString(), privateJwk: ed25519() }] };
}

export function refreshKeys() {
  return { keys: [{ kid: randomBytes(8).toString('hex'), key: symmetricKey() }] };
}

export function linkKey() {
  return { key: symmetricKey() };
}

/**
 * Stands in until `npx headend keys` writes the key whose public half the CDN knows: the service starts, and no cookie
 * it signs is accepted anywhere.
 */
export function unknownMediaKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return { keyPairId: 'unset', privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** Password of Amazon SES's SMTP interface, made from an IAM secret key (Amazon SES Developer Guide). */
export function smtpPassword(secretAccessKey: string, region: string): string {
  const version = Buffer.from([0x04]);
  const signature = ['11111111', region, 'ses', 'aws4_request', 'SendRawEmail'].reduce<Buffer>(
    (key, part) => createHmac('sha256', key).update(part, 'utf8').digest(),
    Buffer.from(`AWS4${secretAccessKey}`, 'utf8'),
  );
  return Buffer.concat([version, signature]).toString('base64');
}

function ed25519() {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
}

const symmetricKey = () => randomBytes(32).toString('base64');
