import { CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

export interface EmptySecretProps {
  readonly secretName: string;
  readonly description: string;
  /** Regions that get a copy of the secret, kept current by Secrets Manager. @default - none */
  readonly replicaRegions?: readonly string[];
}

/** A secret that has no value until something writes one; the ordinary construct would make one up. */
export class EmptySecret extends Construct {
  readonly secret: ISecret;

  constructor(scope: Construct, id: string, { secretName, description, replicaRegions = [] }: EmptySecretProps) {
    super(scope, id);
    const resource = new CfnSecret(this, 'Resource', {
      name: secretName,
      description,
      replicaRegions: replicaRegions.map((region) => ({ region })),
    });
    this.secret = Secret.fromSecretCompleteArn(this, 'Secret', resource.ref);
  }
}
