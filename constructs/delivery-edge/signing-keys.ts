import { KeyGroup, PublicKey } from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';

export interface SigningKeysProps {
  /** PEM of the key that signs now, and of the one that is next: two, so that a rotation cuts nobody off. */
  readonly publicKeys: readonly [string, string];
}

/** Who may sign playback cookies for private streams. The private halves are in Secrets Manager, made by the CLI. */
export class SigningKeys extends Construct {
  readonly keyGroup: KeyGroup;

  constructor(scope: Construct, id: string, { publicKeys }: SigningKeysProps) {
    super(scope, id);
    const [current, next] = publicKeys;
    this.keyGroup = new KeyGroup(this, 'KeyGroup', {
      items: [
        new PublicKey(this, 'Current', { encodedKey: current }),
        new PublicKey(this, 'Next', { encodedKey: next }),
      ],
    });
  }
}
