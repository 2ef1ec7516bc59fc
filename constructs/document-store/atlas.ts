import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AdvancedRegionConfigProviderName,
  CfnCluster,
  CfnDatabaseUser,
  type CfnDatabaseUserProps,
  CfnProject,
  CfnProjectIpAccessList,
} from 'awscdk-resources-mongodbatlas';
import { Construct } from 'constructs';
import type { DocumentStore } from './document-store';

export interface AtlasProps {
  readonly name: string;
  readonly organizationId: string;
  /** Name of the secret profile from which the Atlas resource types read their API key. */
  readonly profile: string;
  readonly region: string;
  /** Atlas size, e.g. 30 for M30. */
  readonly size: number;
  /** Addresses that may connect: the NAT gateways. */
  readonly clientAddresses: readonly string[];
  readonly deletionProtection: boolean;
  readonly secretPrefix: string;
  /** Users of services: with Atlas they are made here, because its servers take no such command. */
  readonly users: readonly AtlasUser[];
}

export interface AtlasUser {
  /** User and database carry the same name. */
  readonly name: string;
  /** JSON with `password`. */
  readonly secret: ISecret;
}

/** A MongoDB Atlas cluster in the home region, by Atlas's own CloudFormation resource types. */
export class Atlas extends Construct implements DocumentStore {
  readonly url: string;
  readonly port = 27017;
  readonly certificateAuthority = 'public';
  readonly adminSecret: ISecret;

  constructor(scope: Construct, id: string, props: AtlasProps) {
    super(scope, id);
    const { profile } = props;
    const project = new CfnProject(this, 'Project', { name: props.name, orgId: props.organizationId, profile });
    const projectId = project.attrId;
    new CfnProjectIpAccessList(this, 'Clients', {
      projectId,
      profile,
      accessList: props.clientAddresses.map((ipAddress) => ({ ipAddress, comment: 'NAT gateway' })),
    });
    const specs = { instanceSize: `M${props.size}`, nodeCount: 3 };
    const cluster = new CfnCluster(this, 'Cluster', {
      projectId,
      profile,
      name: props.name,
      clusterType: 'REPLICASET',
      mongoDbMajorVersion: '8.0',
      backupEnabled: true,
      pitEnabled: true,
      terminationProtectionEnabled: props.deletionProtection,
      replicationSpecs: [
        {
          numShards: 1,
          advancedRegionConfigs: [
            {
              providerName: AdvancedRegionConfigProviderName.AWS,
              regionName: props.region.toUpperCase().replaceAll('-', '_'),
              priority: 7,
              electableSpecs: specs,
            },
          ],
        },
      ],
    });
    const secret = new Secret(this, 'AdminSecret', {
      secretName: `${props.secretPrefix}/mongo/admin`,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: 'headend_admin' }),
        generateStringKey: 'password',
        passwordLength: 48,
        excludePunctuation: true,
      },
    });
    const addUser = (username: string, password: ISecret, roles: CfnDatabaseUserProps['roles']) =>
      new CfnDatabaseUser(this, `User-${username}`, {
        projectId,
        profile,
        databaseName: 'admin',
        username,
        // CloudFormation resolves it on the way to Atlas: the value is in no template, manifest or log.
        password: password.secretValueFromJson('password').unsafeUnwrap(),
        roles,
      });
    addUser('headend_admin', secret as ISecret, [{ roleName: 'atlasAdmin', databaseName: 'admin' }]);
    for (const user of props.users) {
      addUser(user.name, user.secret, [{ roleName: 'readWrite', databaseName: user.name }]);
    }
    this.adminSecret = secret as ISecret;
    this.url = cluster.getAtt('ConnectionStrings.StandardSrv').toString();
  }
}
