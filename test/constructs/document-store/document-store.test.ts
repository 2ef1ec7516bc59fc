import { Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Atlas } from '../../../constructs/document-store/atlas';
import { DocumentDb } from '../../../constructs/document-store/documentdb';
import { ExternalMongo } from '../../../constructs/document-store/external';
import { RegionFixture } from '../support';

describe('DocumentDB', () => {
  const stack = new RegionFixture();
  const store = new DocumentDb(stack, 'Store', {
    vpc: stack.vpc,
    clients: stack.clients,
    instanceClass: 'db.r6g.large',
    instances: 3,
    backupRetention: Duration.days(14),
    logRetention: RetentionDays.ONE_MONTH,
    deletionProtection: true,
    retain: true,
    secretPrefix: 'headend-prod',
  });
  const template = stack.template;

  it('is 5.0, encrypted, protected, backed up and audited', () => {
    template.hasResource('AWS::DocDB::DBCluster', {
      DeletionPolicy: 'Snapshot',
      Properties: {
        EngineVersion: '5.0.0',
        StorageEncrypted: true,
        DeletionProtection: true,
        BackupRetentionPeriod: 14,
        EnableCloudwatchLogsExports: ['audit', 'profiler'],
      },
    });
    template.resourceCountIs('AWS::DocDB::DBInstance', 3);
    template.hasResourceProperties('AWS::DocDB::DBClusterParameterGroup', {
      Family: 'docdb5.0',
      Parameters: Match.objectLike({ tls: 'enabled', audit_logs: 'enabled' }),
    });
  });

  it('is reached by TLS without retryable writes, which it lacks', () => {
    expect(JSON.stringify(stack.resolve(store.url))).toContain('/?tls=true&replicaSet=rs0&retryWrites=false');
  });
});

describe('Atlas', () => {
  const stack = new RegionFixture();
  const store = new Atlas(stack, 'Store', {
    name: 'headend-prod',
    organizationId: '0123456789abcdef01234567',
    profile: 'default',
    region: 'eu-west-1',
    size: 30,
    clientAddresses: ['203.0.113.7'],
    deletionProtection: true,
    secretPrefix: 'headend-prod',
    users: [],
  });
  const template = stack.template;

  it('is a protected replica set of the size and in the region it is told, with continuous backups', () => {
    template.hasResourceProperties('MongoDB::Atlas::Cluster', {
      ClusterType: 'REPLICASET',
      PitEnabled: true,
      TerminationProtectionEnabled: true,
      ReplicationSpecs: [
        Match.objectLike({
          AdvancedRegionConfigs: [
            Match.objectLike({ RegionName: 'EU_WEST_1', ElectableSpecs: { InstanceSize: 'M30', NodeCount: 3 } }),
          ],
        }),
      ],
    });
  });

  it('admits the NAT gateways only', () => {
    template.hasResourceProperties('MongoDB::Atlas::ProjectIpAccessList', {
      AccessList: [Match.objectLike({ IPAddress: '203.0.113.7' })],
    });
  });

  it('is known by the address it gets', () => {
    expect(stack.resolve(store.url)).toEqual({ 'Fn::GetAtt': [expect.any(String), 'ConnectionStrings.StandardSrv'] });
  });
});

describe('an external MongoDB', () => {
  const portOf = (url: string) =>
    new ExternalMongo(new RegionFixture(), 'Store', { url, secretName: 'mongo/admin' }).port;

  it('is on the port of its address, or on MongoDB’s own', () => {
    expect(portOf('mongodb://db.example.com:27018/?replicaSet=rs0')).toBe(27018);
    expect(portOf('mongodb+srv://cluster0.example.com')).toBe(27017);
  });
});
