import { nodeClass, whole, yesNo } from '../figure';

const rds = 'Amazon RDS User Guide';
const redis = 'Amazon ElastiCache User Guide';
const estimate = 'engineering estimate, to be checked by load tests';

export const database = {
  instanceClass: nodeClass('db', ['db.t4g.medium', 'db.r7g.large', 'db.r7g.2xlarge'], estimate, 'accounts and streams'),
  storageGiB: whole('GiB', [50, 100, 400], rds, 'gp3 gives 12,000 IOPS from 400 GiB'),
  maxStorageGiB: whole('GiB', [200, 500, 2_000], rds, 'storage autoscaling stops here'),
  readReplicas: whole('instances', [0, 2, 3], 'product checklist', 'read replicas from 10k; one per AZ at 100k'),
  backupDays: whole('days', [7, 14, 30], rds, 'point-in-time restore reaches this far back'),
  crossRegionBackup: yesNo([false, false, true], rds, 'a lost home region must not lose the accounts'),
} as const;

/** Cluster mode at every tier: a tier move adds shards and replaces nothing. */
export const applicationCache = {
  nodeClass: nodeClass('cache', ['cache.t4g.small', 'cache.m7g.large', 'cache.r7g.large'], estimate, 'chat and limits'),
  cellNodeClass: nodeClass('cache', ['cache.t4g.small', 'cache.t4g.small', 'cache.m7g.large'], estimate, 'leases only'),
  shards: whole('shards', [1, 2, 4], redis, 'sharded publish of chat: writes scale with shards'),
  replicasPerShard: whole('nodes', [1, 1, 2], redis, 'automatic failover needs one, reads at 100k use two'),
} as const;

export const livekitCache = {
  nodeClass: nodeClass(
    'cache',
    ['cache.t4g.small', 'cache.m7g.large', 'cache.m7g.large'],
    estimate,
    'rooms and signals',
  ),
  replicas: whole('nodes', 1, redis, 'automatic failover; LiveKit has no cluster-mode client worth its keys'),
} as const;

export const documentStore = {
  instanceClass: nodeClass(
    'db',
    ['db.t4g.medium', 'db.r6g.large', 'db.r6g.2xlarge'],
    estimate,
    'chat archive, analytics',
  ),
  instances: whole('instances', [2, 3, 3], 'Amazon DocumentDB Developer Guide', 'one writer, the rest fail over'),
  atlasSize: whole('Atlas M-size', [10, 30, 40], 'MongoDB Atlas documentation', 'with mongo=atlas, the nearest to it'),
  backupDays: whole('days', [7, 14, 30], 'Amazon DocumentDB Developer Guide', 'as the database'),
} as const;
