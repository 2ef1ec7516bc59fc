import { tierNames } from '../../../lib/config/figure';
import { forArchitecture, instanceTypes } from '../../../lib/config/instance-types';
import { contradictions } from '../../../lib/config/tier-rules';
import { allFigures, type Tier, tierOf } from '../../../lib/config/tiers';

describe('the tier table', () => {
  it.each(allFigures.map((figure) => [figure.path, figure] as const))(
    'says of %s what, whence and why',
    (_, { figure }) => {
      expect(figure.unit).not.toBe('');
      expect(figure.source).not.toBe('');
      expect(figure.reason).not.toBe('');
    },
  );

  it.each(tierNames)('keeps its own rules at %s', (name) => {
    expect(contradictions(tierOf(name))).toEqual([]);
  });

  it('has the broadcasts and read replicas that the product states', () => {
    const tiers = tierNames.map((name) => tierOf(name));
    expect(tiers.map(({ audience }) => audience.broadcasts)).toEqual([20, 100, 500]);
    expect(tiers.map(({ database }) => database.readReplicas)).toEqual([0, 2, 3]);
    expect(tiers.map(({ livekit }) => livekit.replicas)).toEqual([1, 3, 4]);
  });

  it('scales auth and chat by CPU from 10k, at 70 %', () => {
    for (const service of ['auth', 'chat'] as const) {
      expect(tierNames.filter((name) => tierOf(name)[service].maxReplicas > tierOf(name)[service].minReplicas)).toEqual(
        ['10k', '100k'],
      );
    }
    expect(tierOf('10k').autoscaling.cpuTargetPercent).toBe(70);
  });
});

describe('instance types', () => {
  it('have an x86 twin each, and no two the same', () => {
    const twins = forArchitecture(Object.keys(instanceTypes), 'x86_64');
    expect(new Set(twins).size).toBe(Object.keys(instanceTypes).length);
    expect(twins.every((twin) => !(twin in instanceTypes))).toBe(true);
  });

  it('of workers are all of one size, so that every node fits as many packagers', () => {
    const sizes = tierOf('100k').workerNodes.types.map((type) => {
      const { vcpus, memoryGiB } = instanceTypes[type as keyof typeof instanceTypes];
      return `${vcpus} vCPUs, ${memoryGiB} GiB`;
    });
    expect(new Set(sizes)).toEqual(new Set(['8 vCPUs, 16 GiB']));
  });
});

/** vCPUs of a node that pods can have: what EKS reserves (kubelet formula), and 0.4 for the daemons of the add-ons. */
function allocatableVcpus(type: string): number {
  const { vcpus } = instanceTypes[type as keyof typeof instanceTypes];
  const reserved = 0.06 + 0.01 + 2 * 0.005 + Math.max(0, vcpus - 4) * 0.0025;
  return vcpus - reserved - 0.4;
}

const survivors = (nodes: number) => nodes - Math.ceil(nodes / 3);

describe.each(tierNames)('the nodes of %s, one zone gone', (name) => {
  const tier: Tier = tierOf(name);

  it('carry the services at their maximum', () => {
    const services = ['auth', 'stream', 'chat', 'analytics', 'web', 'ingest'] as const;
    const wanted = services.reduce((sum, each) => sum + (tier[each].maxReplicas * tier[each].cpuMillis) / 1_000, 0);
    const { types, max } = tier.appNodes;
    const nodes = survivors(max) * allocatableVcpus(types[0] ?? '');
    // Karpenter's limit counts whole nodes; a tenth of each goes to the system.
    expect(nodes + (tier.karpenter.appVcpus * 2 * 0.9) / 3).toBeGreaterThanOrEqual(wanted);
  });

  it('carry a packager for every broadcast and the headroom', () => {
    const { maxReplicas, cpuMillis, headroom } = tier.packager;
    expect(maxReplicas).toBeGreaterThanOrEqual(tier.audience.broadcastsPerRegion + headroom);
    const perNode = Math.floor((allocatableVcpus('c7g.2xlarge') * 1_000) / cpuMillis);
    const groupNodes = survivors(tier.workerNodes.max) + survivors(tier.workerNodes.onDemandFloor);
    const karpenterNodes = Math.floor((tier.karpenter.workerVcpus * 2) / 3 / 8);
    expect((groupNodes + karpenterNodes) * perNode).toBeGreaterThanOrEqual(maxReplicas);
  });

  it('carry every LiveKit pod, one per node', () => {
    expect(survivors(tier.mediaNodes.max)).toBeGreaterThanOrEqual(tier.livekit.replicas);
    expect(tier.livekit.cpuMillis / 1_000).toBeLessThan(allocatableVcpus(tier.mediaNodes.types[0] ?? ''));
  });
});
