import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { InstanceType, type ISecurityGroup, type IVpc, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  Credentials,
  DatabaseInstance,
  DatabaseInstanceEngine,
  DatabaseInstanceReadReplica,
  DatabaseSecret,
  ParameterGroup,
  PerformanceInsightRetention,
  PostgresEngineVersion,
  StorageType,
  SubnetGroup,
} from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

export interface PostgresProps {
  readonly vpc: IVpc;
  /** Who may connect. */
  readonly clients: ISecurityGroup;
  /** For example `db.r7g.large`. */
  readonly instanceClass: string;
  readonly storageGiB: number;
  readonly maxStorageGiB: number;
  readonly readReplicas: number;
  readonly backupRetention: Duration;
  readonly logRetention: RetentionDays;
  readonly deletionProtection: boolean;
  /** Whether a last snapshot outlives the stack. */
  readonly retain: boolean;
  /** First part of the names of secrets. */
  readonly secretPrefix: string;
  /** Database roles of services, whose passwords are rotated. */
  readonly roles: readonly string[];
}

const port = 5432;
const engine = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17_9 });

/** One PostgreSQL with a standby in another zone, read replicas, and a rotated secret per service. */
export class Postgres extends Construct {
  /** `host:port` of the writer. */
  readonly writer: string;
  /** `host:port` of each read replica: RDS gives them one endpoint each, so the services take a list. */
  readonly readers: readonly string[];
  /** Superuser, for the bootstrap Job and the rotation only. */
  readonly adminSecret: ISecret;
  readonly instance: DatabaseInstance;
  readonly replicas: readonly DatabaseInstanceReadReplica[];

  private readonly roleSecrets: ReadonlyMap<string, ISecret>;
  private readonly securityGroup: SecurityGroup;
  private readonly subnetGroup: SubnetGroup;
  private readonly encryptionKey: IKey;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: PostgresProps,
  ) {
    super(scope, id);
    this.encryptionKey = new Key(this, 'Key', {
      description: 'PostgreSQL storage, insights and secrets',
      enableKeyRotation: true,
      removalPolicy: props.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'PostgreSQL',
      allowAllOutbound: false,
    });
    this.securityGroup.addIngressRule(props.clients, Port.tcp(port), 'Pods');

    this.subnetGroup = new SubnetGroup(this, 'Subnets', {
      vpc: props.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      description: 'PostgreSQL',
    });

    const admin = new DatabaseSecret(this, 'AdminSecret', {
      username: 'headend_admin',
      secretName: `${props.secretPrefix}/postgres/admin`,
      encryptionKey: this.encryptionKey,
    });
    this.instance = this.writerInstance(Credentials.fromSecret(admin as ISecret));
    this.adminSecret = this.instance.secret ?? (admin as ISecret);
    this.replicas = Array.from({ length: props.readReplicas }, (_, index) => this.readReplica(index + 1));
    this.writer = endpoint(this.instance);
    this.readers = this.replicas.map(endpoint);
    this.roleSecrets = new Map(props.roles.map((role) => [role, this.rotatedSecret(role)]));
  }

  /** What alarms are made from. */
  get facts() {
    return {
      writer: this.instance.instanceIdentifier,
      replicas: this.replicas.map(({ instanceIdentifier }) => instanceIdentifier),
      storageGiB: this.props.storageGiB,
    };
  }

  /** Secret of a role that a service logs in with. */
  roleSecret(role: string): ISecret {
    const secret = this.roleSecrets.get(role);
    if (!secret) throw new Error(`PostgreSQL has no role ${role}; it has ${[...this.roleSecrets.keys()].join(', ')}`);
    return secret;
  }

  private get shared() {
    const { props } = this;
    return {
      vpc: props.vpc,
      subnetGroup: this.subnetGroup,
      instanceType: new InstanceType(props.instanceClass.replace(/^db\./, '')),
      securityGroups: [this.securityGroup],
      storageType: StorageType.GP3,
      maxAllocatedStorage: props.maxStorageGiB,
      publiclyAccessible: false,
      enablePerformanceInsights: true,
      performanceInsightRetention: PerformanceInsightRetention.DEFAULT,
      performanceInsightEncryptionKey: this.encryptionKey,
      monitoringInterval: Duration.minutes(1),
      cloudwatchLogsExports: ['postgresql', 'upgrade'],
      cloudwatchLogsRetention: props.logRetention,
      autoMinorVersionUpgrade: true,
      copyTagsToSnapshot: true,
      deletionProtection: props.deletionProtection,
    };
  }

  private writerInstance(credentials: Credentials): DatabaseInstance {
    const { storageGiB, backupRetention, retain } = this.props;
    return new DatabaseInstance(this, 'Writer', {
      ...this.shared,
      engine,
      credentials,
      allocatedStorage: storageGiB,
      storageEncryptionKey: this.encryptionKey,
      multiAz: true,
      backupRetention,
      deleteAutomatedBackups: !retain,
      parameterGroup: new ParameterGroup(this, 'Parameters', {
        engine,
        description: 'TLS only; slow statements are logged',
        parameters: {
          'rds.force_ssl': '1',
          log_min_duration_statement: '500',
          log_connections: '1',
          // A service that dies must not hold locks for the two hours of the TCP default.
          tcp_keepalives_idle: '60',
          idle_in_transaction_session_timeout: '60000',
        },
      }),
      removalPolicy: retain ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
    });
  }

  private readReplica(number: number): DatabaseInstanceReadReplica {
    return new DatabaseInstanceReadReplica(this, `Reader${number}`, {
      ...this.shared,
      // Encrypted with the writer's key: within a region it can have no other.
      sourceDatabaseInstance: this.instance,
      // It holds nothing of its own.
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  /**
   * The secret of one role. Two users take turns, so that the password in a pod's hands stays valid while the next one
   * is rolled out; the roles themselves are made by the bootstrap Job.
   */
  private rotatedSecret(role: string): ISecret {
    const secret = new DatabaseSecret(this, `${role}Secret`, {
      username: role,
      secretName: `${this.props.secretPrefix}/postgres/${role}`,
      encryptionKey: this.encryptionKey,
      masterSecret: this.adminSecret,
    }).attach(this.instance);
    this.instance.addRotationMultiUser(`${role}Rotation`, {
      secret,
      automaticallyAfter: Duration.days(30),
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      // The role does not exist before the bootstrap Job has run.
      rotateImmediatelyOnUpdate: false,
    });
    return secret;
  }
}

function endpoint(instance: { dbInstanceEndpointAddress: string; dbInstanceEndpointPort: string }): string {
  return `${instance.dbInstanceEndpointAddress}:${instance.dbInstanceEndpointPort}`;
}
