import { Match } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CacheGroup, type CacheGroupProps } from '../../../constructs/cache/cache-group';
import { RegionFixture } from '../support';

function cache(options: Pick<CacheGroupProps, 'topology'> & Partial<CacheGroupProps>) {
  const stack = new RegionFixture();
  const group = new CacheGroup(stack, 'Cache', {
    vpc: stack.vpc,
    clients: stack.clients,
    description: 'Application',
    nodeClass: 'cache.m7g.large',
    replicasPerShard: 1,
    user: { name: 'headend', access: 'on ~* +@all', secretName: 'headend-prod/redis/application' },
    snapshotDays: 7,
    logRetention: RetentionDays.ONE_MONTH,
    retain: true,
    ...options,
  });
  return { stack, group, template: stack.template };
}

describe('a cache group', () => {
  it('is encrypted at rest and in transit, stands in several zones and fails over', () => {
    const { template } = cache({ topology: { kind: 'sharded', shards: 2 } });
    template.hasResource('AWS::ElastiCache::ReplicationGroup', {
      DeletionPolicy: 'Snapshot',
      UpdatePolicy: { UseOnlineResharding: true },
      Properties: {
        AtRestEncryptionEnabled: true,
        TransitEncryptionEnabled: true,
        TransitEncryptionMode: 'required',
        AutomaticFailoverEnabled: true,
        MultiAZEnabled: true,
        NumNodeGroups: 2,
        SnapshotRetentionLimit: 7,
      },
    });
  });

  it('speaks the cluster protocol with one shard too, so that shards can be added', () => {
    const { template, group, stack } = cache({ topology: { kind: 'sharded', shards: 1 } });
    template.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', { ClusterMode: 'enabled', NumNodeGroups: 1 });
    template.hasResourceProperties('AWS::ElastiCache::ParameterGroup', { Properties: { 'cluster-enabled': 'yes' } });
    expect(stack.resolve(group.host)).toEqual({
      'Fn::GetAtt': [expect.any(String), 'ConfigurationEndPoint.Address'],
    });
  });

  it('has one primary for clients without the protocol, with parameters of its own', () => {
    const { template, group, stack } = cache({
      topology: { kind: 'single' },
      parameters: { 'maxmemory-policy': 'noeviction' },
    });
    template.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', { ClusterMode: 'disabled' });
    template.hasResourceProperties('AWS::ElastiCache::ParameterGroup', {
      Properties: { 'cluster-enabled': 'no', 'maxmemory-policy': 'noeviction' },
    });
    expect(stack.resolve(group.host)).toEqual({ 'Fn::GetAtt': [expect.any(String), 'PrimaryEndPoint.Address'] });
  });

  it('admits one user by password; the default user is in no group', () => {
    const { template } = cache({ topology: { kind: 'single' } });
    template.hasResourceProperties('AWS::ElastiCache::User', {
      UserName: 'headend',
      AccessString: 'on ~* +@all',
      AuthenticationMode: Match.objectLike({ Type: 'password' }),
    });
    template.hasResourceProperties('AWS::ElastiCache::UserGroup', { UserIds: [{ Ref: Match.anyValue() }] });
  });
});
