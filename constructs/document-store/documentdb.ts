import { ArnFormat, type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ClusterParameterGroup, DatabaseCluster, StorageType } from 'aws-cdk-lib/aws-docdb';
import { InstanceType, type ISecurityGroup, type IVpc, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { DocumentStore } from './document-store';

export interface DocumentDbProps {
  readonly vpc: IVpc;
  /** Who may connect. */
  readonly clients: ISecurityGroup;
  /** For example `db.r6g.large`. */
  readonly instanceClass: string;
  /** One writer, the rest take over. */
  readonly instances: number;
  readonly backupRetention: Duration;
  readonly logRetention: RetentionDays;
  readonly deletionProtection: boolean;
  /** Whether a last snapshot outlives the stack. */
  readonly retain: boolean;
  readonly secretPrefix: string;
}

const port = 27017;

/** Amazon DocumentDB 5.0: TLS only, audited, encrypted. */
export class DocumentDb extends Construct implements DocumentStore {
  readonly url: string;
  readonly port = port;
  readonly certificateAuthority = 'amazon-rds';
  readonly adminSecret: ISecret;
  readonly clusterIdentifier: string;
  readonly clusterArn: string;

  constructor(scope: Construct, id: string, props: DocumentDbProps) {
    super(scope, id);
    const kmsKey = new Key(this, 'Key', {
      description: 'DocumentDB storage and secret',
      enableKeyRotation: true,
      removalPolicy: props.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    }) as IKey;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'DocumentDB',
      allowAllOutbound: false,
    });
    securityGroup.addIngressRule(props.clients, Port.tcp(port), 'Pods');

    const cluster = new DatabaseCluster(this, 'Cluster', {
      vpc: props.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroup,
      engineVersion: '5.0.0',
      port,
      instanceType: new InstanceType(props.instanceClass.replace(/^db\./, '')),
      instances: props.instances,
      masterUser: {
        username: 'headend_admin',
        secretName: `${props.secretPrefix}/mongo/admin`,
        kmsKey,
        // The name stands in a connection string: what needs escaping there is left out.
        excludeCharacters: '"@/:%?#[]&=+ ',
      },
      storageEncrypted: true,
      kmsKey,
      storageType: StorageType.STANDARD,
      parameterGroup: new ClusterParameterGroup(this, 'Parameters', {
        family: 'docdb5.0',
        description: 'TLS only, audited',
        parameters: { tls: 'enabled', audit_logs: 'enabled', profiler: 'enabled', ttl_monitor: 'enabled' },
      }),
      backup: { retention: props.backupRetention },
      exportAuditLogsToCloudWatch: true,
      exportProfilerLogsToCloudWatch: true,
      cloudWatchLogsRetention: props.logRetention,
      enablePerformanceInsights: true,
      copyTagsToSnapshot: true,
      deletionProtection: props.deletionProtection,
      removalPolicy: props.retain ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
      instanceRemovalPolicy: RemovalPolicy.DESTROY,
      securityGroupRemovalPolicy: RemovalPolicy.DESTROY,
    });
    if (!cluster.secret) throw new Error('the DocumentDB construct made no secret although no password was given');
    this.adminSecret = cluster.secret;
    this.clusterIdentifier = cluster.clusterIdentifier;
    this.clusterArn = Stack.of(this).formatArn({
      service: 'rds',
      resource: 'cluster',
      resourceName: cluster.clusterIdentifier,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    // DocumentDB has no retryable writes; the driver would ask for them.
    this.url = `mongodb://${cluster.clusterEndpoint.hostname}:${port}/?tls=true&replicaSet=rs0&retryWrites=false`;
  }
}
