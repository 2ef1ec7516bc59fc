import { CfnDeletionPolicy, RemovalPolicy } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { CfnParameterGroup, CfnReplicationGroup, CfnSubnetGroup } from 'aws-cdk-lib/aws-elasticache';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { CacheUser } from './cache-user';

export interface CacheGroupProps {
  readonly vpc: IVpc;
  /** Who may connect. */
  readonly clients: ISecurityGroup;
  readonly description: string;
  /** For example `cache.m7g.large`. */
  readonly nodeClass: string;
  readonly topology: Sharded | Single;
  readonly replicasPerShard: number;
  readonly user: {
    readonly name: string;
    /** What the user may do, in ACL rules. */
    readonly access: string;
    readonly secretName: string;
  };
  /** Server parameters besides the cluster mode. @default - the engine's defaults */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Days that daily snapshots are kept; 0 keeps none. */
  readonly snapshotDays: number;
  readonly logRetention: RetentionDays;
  /** Whether a last snapshot outlives the stack. */
  readonly retain: boolean;
}

/** Cluster protocol, also with one shard: then a larger tier adds shards and replaces nothing. */
export interface Sharded {
  readonly kind: 'sharded';
  readonly shards: number;
}

/** One primary with replicas, for clients without the cluster protocol. */
export interface Single {
  readonly kind: 'single';
}

const port = 6379;
const engine = { engine: 'valkey', engineVersion: '8.0' } as const;

/** A Redis-compatible replication group: several zones, TLS, one user with a password and an ACL of its own. */
export class CacheGroup extends Construct {
  /** Host that clients connect to first. */
  readonly host: string;
  readonly port = port;
  readonly secret: ISecret;
  /** What its nodes are named by. */
  readonly facts: {
    readonly replicationGroupId: string;
    readonly clusterMode: boolean;
    readonly shards: number;
    readonly replicasPerShard: number;
  };

  constructor(scope: Construct, id: string, props: CacheGroupProps) {
    super(scope, id);
    const { vpc, topology } = props;
    const sharded = topology.kind === 'sharded';
    const key = new Key(this, 'Key', {
      description: `${props.description}: storage and secret`,
      enableKeyRotation: true,
      removalPolicy: props.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: props.description,
      allowAllOutbound: false,
    });
    securityGroup.addIngressRule(props.clients, Port.tcp(port), 'Pods');
    const user = new CacheUser(this, 'User', { ...props.user, encryptionKey: key });
    this.secret = user.secret;

    const group = new CfnReplicationGroup(this, 'Group', {
      ...engine,
      replicationGroupDescription: props.description,
      cacheNodeType: props.nodeClass,
      numNodeGroups: sharded ? topology.shards : 1,
      replicasPerNodeGroup: props.replicasPerShard,
      clusterMode: sharded ? 'enabled' : 'disabled',
      automaticFailoverEnabled: true,
      multiAzEnabled: true,
      port,
      atRestEncryptionEnabled: true,
      kmsKeyId: key.keyArn,
      transitEncryptionEnabled: true,
      transitEncryptionMode: 'required',
      userGroupIds: [user.groupId],
      securityGroupIds: [securityGroup.securityGroupId],
      cacheSubnetGroupName: new CfnSubnetGroup(this, 'Subnets', {
        description: props.description,
        subnetIds: vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_ISOLATED }).subnetIds,
      }).ref,
      cacheParameterGroupName: new CfnParameterGroup(this, 'Parameters', {
        cacheParameterGroupFamily: 'valkey8',
        description: props.description,
        properties: { 'cluster-enabled': sharded ? 'yes' : 'no', ...props.parameters },
      }).ref,
      snapshotRetentionLimit: props.snapshotDays,
      autoMinorVersionUpgrade: true,
      logDeliveryConfigurations: (['engine-log', 'slow-log'] as const).map((logType) => ({
        logType,
        logFormat: 'json',
        destinationType: 'cloudwatch-logs',
        destinationDetails: {
          cloudWatchLogsDetails: {
            logGroup: new LogGroup(this, logType === 'slow-log' ? 'SlowLog' : 'EngineLog', {
              retention: props.logRetention,
              removalPolicy: RemovalPolicy.DESTROY,
            }).logGroupName,
          },
        },
      })),
    });
    // More shards or replicas must be added online, never by replacing the group.
    group.cfnOptions.updatePolicy = { useOnlineResharding: true };
    group.cfnOptions.deletionPolicy = props.retain ? CfnDeletionPolicy.SNAPSHOT : CfnDeletionPolicy.DELETE;
    group.cfnOptions.updateReplacePolicy = group.cfnOptions.deletionPolicy;

    this.facts = {
      replicationGroupId: group.ref,
      clusterMode: sharded,
      shards: sharded ? topology.shards : 1,
      replicasPerShard: props.replicasPerShard,
    };
    this.host = sharded ? group.attrConfigurationEndPointAddress : group.attrPrimaryEndPointAddress;
  }
}
