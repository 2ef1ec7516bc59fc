import type { Rule } from './rule';
import { apiObjects, ingressRoutes, networkPolicies, retiredIngressController } from './rules/cluster-object-rules';
import { cluster, securityGroups } from './rules/cluster-rules';
import { buckets, redis, relationalDatabase } from './rules/data-rules';
import { edge } from './rules/edge-rule';
import { leastPrivilege } from './rules/iam-rule';
import { operability } from './rules/operability-rule';
import {
  disruptionBudgets,
  images,
  podResources,
  podSecurity,
  replicas,
  serviceAccounts,
  termination,
  threeProbes,
  topologySpread,
} from './rules/pod-rules';
import { room } from './rules/room-rule';

/** Every rule, in the order of the reference page. */
export const rules: readonly Rule[] = [
  podResources,
  threeProbes,
  replicas,
  disruptionBudgets,
  topologySpread,
  podSecurity,
  serviceAccounts,
  networkPolicies,
  images,
  termination,
  ingressRoutes,
  apiObjects,
  cluster,
  securityGroups,
  relationalDatabase,
  redis,
  buckets,
  leastPrivilege,
  edge,
  operability,
  retiredIngressController,
  room,
];
