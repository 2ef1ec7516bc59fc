import { createHmac } from 'node:crypto';

/**
 * The secret of a webhook, derived rather than stored: a copy of the database signs nothing.
 *
 * @param key derived for this purpose from the mounted secrets key
 */
export function webhookSecret(key: Buffer, webhookId: string): string {
  return `whsec_${createHmac('sha256', key).update(webhookId).digest('base64url')}`;
}

/** Header that carries the signature: `t=<seconds>,v1=<hex HMAC-SHA256 of "<seconds>.<body>">`. */
export const signatureHeader = 'headend-signature';

/** The receiver computes the same and refuses times more than five minutes off, so that a copy cannot be replayed. */
export function signWebhook(secret: string, body: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1_000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}
