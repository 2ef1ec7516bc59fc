import { tierNames, tierOf } from '../../lib/config/tiers';
import { allocatableOf, nodesOf } from './nodes';

test.each([
  // As nodes of these types report it, give or take what their hypervisor keeps.
  ['m7g.large', { cpuMillis: 1_930, pods: 29 }],
  ['c7g.2xlarge', { cpuMillis: 7_910, pods: 58 }],
  ['c7g.4xlarge', { cpuMillis: 15_890, pods: 234 }],
])('%s leaves pods what Amazon’s formula says', (type, expected) => {
  expect(allocatableOf(type)).toMatchObject(expected);
});

test.each(tierNames)('%s: every pool is spread over three AZs as evenly as it goes', (name) => {
  const perZone: Record<string, number> = {};
  for (const { pool, zone } of nodesOf(tierOf(name), 'eu-west-1').filter((node) => node.pool === 'app')) {
    perZone[`${pool} ${zone}`] = (perZone[`${pool} ${zone}`] ?? 0) + 1;
  }
  const numbers = Object.values(perZone);
  expect(numbers).toHaveLength(3);
  expect(Math.max(...numbers) - Math.min(...numbers)).toBeLessThanOrEqual(1);
});

test('Karpenter starts no more vCPUs than its pools allow', () => {
  const tier = tierOf('100k');
  const karpenter = nodesOf(tier, 'us-east-1').filter(({ name }) => name.startsWith('karpenter-'));
  const vcpus = (pool: string) => karpenter.filter((node) => node.pool === pool).length * 8;
  expect(vcpus('app')).toBeLessThanOrEqual(tier.karpenter.appVcpus);
  expect(vcpus('worker')).toBeLessThanOrEqual(tier.karpenter.workerVcpus);
});
