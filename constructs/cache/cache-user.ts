import { Names } from 'aws-cdk-lib';
import { CfnUser, CfnUserGroup } from 'aws-cdk-lib/aws-elasticache';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

export interface CacheUserProps {
  readonly name: string;
  /** What the user may do, in ACL rules. */
  readonly access: string;
  readonly secretName: string;
  readonly encryptionKey: IKey;
}

/** The one user of a replication group. The default user, which anybody could be, is not in the group. */
export class CacheUser extends Construct {
  readonly groupId: string;
  /** JSON with `username` and `password`. */
  readonly secret: ISecret;

  constructor(scope: Construct, id: string, { name, access, secretName, encryptionKey }: CacheUserProps) {
    super(scope, id);
    const secret = new Secret(this, 'Secret', {
      secretName,
      encryptionKey,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: name }),
        generateStringKey: 'password',
        passwordLength: 48,
        excludePunctuation: true,
      },
    });
    // Ids are unique per account and region, 40 characters at most.
    const unique = Names.uniqueResourceName(this, { maxLength: 30, separator: '-' }).toLowerCase();
    const user = new CfnUser(this, 'User', {
      engine: 'valkey',
      userId: `${unique}-user`,
      userName: name,
      accessString: access,
      // CloudFormation resolves it on the way to ElastiCache: the value is in no template, manifest or log.
      authenticationMode: { Type: 'password', Passwords: [secret.secretValueFromJson('password').unsafeUnwrap()] },
    });
    const group = new CfnUserGroup(this, 'Group', {
      engine: 'valkey',
      userGroupId: `${unique}-group`,
      userIds: [user.ref],
    });
    this.groupId = group.ref;
    this.secret = secret as ISecret;
  }
}
