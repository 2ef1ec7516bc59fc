import { KeyGroup, PublicKey } from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';

export interface SigningKeysProps {
  /**
   * RSA public keys, base64 of their DER form: the one that signs now and the one that is next, so that a rotation cuts
   * nobody off.
   */
  readonly publicKeys: readonly [string, string];
}

const pem = (base64: string) =>
  ['-----BEGIN PUBLIC KEY-----', ...(base64.match(/.{1,64}/g) ?? []), '-----END PUBLIC KEY-----', ''].join('\n');

/** Who may sign playback cookies for private streams. The private halves are in Secrets Manager, made by the CLI. */
export class SigningKeys extends Construct {
  readonly keyGroup: KeyGroup;
  readonly current: PublicKey;
  readonly next: PublicKey;

  constructor(scope: Construct, id: string, { publicKeys }: SigningKeysProps) {
    super(scope, id);
    const [current, next] = publicKeys;
    this.current = new PublicKey(this, 'Current', { encodedKey: pem(current) });
    this.next = new PublicKey(this, 'Next', { encodedKey: pem(next) });
    this.keyGroup = new KeyGroup(this, 'KeyGroup', { items: [this.current, this.next] });
  }
}
