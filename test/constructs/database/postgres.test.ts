import { Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Postgres } from '../../../constructs/database/postgres';
import { RegionFixture } from '../support';

function postgres(options: { readonly readReplicas: number; readonly retain?: boolean }) {
  const stack = new RegionFixture();
  const retain = options.retain ?? true;
  const database = new Postgres(stack, 'Postgres', {
    vpc: stack.vpc,
    clients: stack.clients,
    instanceClass: 'db.r7g.large',
    storageGiB: 100,
    maxStorageGiB: 500,
    readReplicas: options.readReplicas,
    backupRetention: Duration.days(14),
    logRetention: RetentionDays.ONE_MONTH,
    deletionProtection: retain,
    retain,
    secretPrefix: 'headend-prod',
    roles: ['auth', 'stream'],
  });
  return { stack, database, template: stack.template };
}

describe('PostgreSQL', () => {
  it('has a standby, encrypted storage, backups, insights and no public address', () => {
    const { template } = postgres({ readReplicas: 0 });
    template.hasResource('AWS::RDS::DBInstance', {
      DeletionPolicy: 'Snapshot',
      Properties: {
        Engine: 'postgres',
        MultiAZ: true,
        StorageEncrypted: true,
        BackupRetentionPeriod: 14,
        EnablePerformanceInsights: true,
        PubliclyAccessible: false,
        DeletionProtection: true,
        EnableCloudwatchLogsExports: ['postgresql', 'upgrade'],
      },
    });
  });

  it('speaks TLS only', () => {
    const { template } = postgres({ readReplicas: 0 });
    template.hasResourceProperties('AWS::RDS::DBParameterGroup', {
      Family: 'postgres17',
      Parameters: Match.objectLike({ 'rds.force_ssl': '1' }),
    });
  });

  it('gives every read replica an endpoint of its own', () => {
    const { database, stack, template } = postgres({ readReplicas: 2 });
    template.resourceCountIs('AWS::RDS::DBInstance', 3);
    expect(database.readers).toHaveLength(2);
    expect(new Set(database.readers.map((reader) => JSON.stringify(stack.resolve(reader)))).size).toBe(2);
  });

  it('is reached by its clients on its port, and reaches nothing', () => {
    const { template } = postgres({ readReplicas: 0 });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 5432, ToPort: 5432 });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupDescription: 'PostgreSQL',
      SecurityGroupEgress: [Match.objectLike({ CidrIp: '255.255.255.255/32' })],
    });
  });

  it('rotates each role between two users, not before they exist', () => {
    const { template } = postgres({ readReplicas: 0 });
    template.resourceCountIs('AWS::SecretsManager::RotationSchedule', 2);
    template.allResourcesProperties('AWS::SecretsManager::RotationSchedule', {
      RotateImmediatelyOnUpdate: false,
      RotationRules: { ScheduleExpression: 'rate(30 days)' },
    });
    template.hasResourceProperties('AWS::Serverless::Application', {
      Location: { ApplicationId: Match.objectLike({ 'Fn::FindInMap': Match.anyValue() }) },
      Parameters: Match.objectLike({ masterSecretArn: Match.anyValue() }),
    });
  });

  it('goes without a trace where nothing is to be kept', () => {
    const { template } = postgres({ readReplicas: 0, retain: false });
    template.hasResource('AWS::RDS::DBInstance', {
      DeletionPolicy: 'Delete',
      Properties: { DeletionProtection: false, DeleteAutomatedBackups: true },
    });
  });

  it('says which roles it has when asked for another', () => {
    expect(() => postgres({ readReplicas: 0 }).database.roleSecret('chat')).toThrow('it has auth, stream');
  });
});
