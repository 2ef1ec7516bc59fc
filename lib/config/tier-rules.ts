import { allFigures, figureOf, type Tier } from './tiers';

/** A figure that disagrees with another one. */
export interface Contradiction {
  readonly path: string;
  readonly got: unknown;
  readonly rule: string;
}

const scaled = ['auth', 'stream', 'chat', 'analytics', 'web', 'ingest', 'packager'] as const;
const groups = ['systemNodes', 'appNodes', 'mediaNodes', 'workerNodes'] as const;

/** Rules between figures, which no single figure can check. The tier table itself keeps them (a test says so). */
export function contradictions(tier: Tier): Contradiction[] {
  const found: Contradiction[] = [];
  const require = (holds: boolean, path: string, rule: string) => {
    if (holds) return;
    const figure = allFigures.find((each) => each.path === path);
    found.push({ path, got: figure && figureOf(tier, figure), rule });
  };
  for (const name of scaled) {
    const { minReplicas, maxReplicas } = tier[name];
    require(minReplicas <= maxReplicas, `${name}.minReplicas`, `at most ${name}.maxReplicas, which is ${maxReplicas}`);
    require(minReplicas >= 1, `${name}.minReplicas`, 'at least 1');
  }
  for (const name of groups) {
    const { min, max } = tier[name];
    require(min <= max, `${name}.min`, `at most ${name}.max, which is ${max}`);
    require(max >= 1, `${name}.max`, 'at least 1');
  }
  const { broadcastsPerRegion, broadcasts } = tier.audience;
  require(broadcastsPerRegion <=
    broadcasts, 'audience.broadcastsPerRegion', `at most audience.broadcasts, ${broadcasts}`);
  require(tier.packager.maxReplicas >=
    broadcastsPerRegion, 'packager.maxReplicas', `at least audience.broadcastsPerRegion, ${broadcastsPerRegion}: one packager per broadcast`);
  require(tier.livekit.replicas >= 1, 'livekit.replicas', 'at least 1');
  require(tier.mediaNodes.max >
    tier.livekit
      .replicas, 'livekit.replicas', `below mediaNodes.max, ${tier.mediaNodes.max}: one LiveKit pod per node and a spare one for a rollout`);
  require(!tier.karpenter.enabled ||
    tier.mediaNodes.min >
      tier.livekit
        .replicas, 'mediaNodes.min', `above livekit.replicas, ${tier.livekit.replicas}: with Karpenter nothing adds media nodes`);
  require(tier.workerNodes.types.length >= 6, 'workerNodes.types', 'at least six types, for Spot diversity');
  require(tier.database.readReplicas <= 15, 'database.readReplicas', 'at most 15 (Amazon RDS quotas)');
  require(tier.database.storageGiB <=
    tier.database
      .maxStorageGiB, 'database.storageGiB', `at most database.maxStorageGiB, ${tier.database.maxStorageGiB}`);
  require(tier.network.natGateways >= 1 && tier.network.natGateways <= 3, 'network.natGateways', '1, 2 or 3');
  require(tier.livekitCache.replicas >= 1, 'livekitCache.replicas', 'at least 1: failover needs a replica');
  require(tier.applicationCache.replicasPerShard >= 1, 'applicationCache.replicasPerShard', 'at least 1');
  require(tier.applicationCache.shards >= 1, 'applicationCache.shards', 'at least 1');
  require(tier.documentStore.instances >= 2, 'documentStore.instances', 'at least 2: failover needs a second one');
  return found;
}
