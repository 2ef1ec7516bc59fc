import { poolLabel } from '../cluster/node-group';

/** Operators live on the system nodes, which no autoscaler takes away. */
export const onSystemNodes = { nodeSelector: { [poolLabel]: 'system' } } as const;

/** CPU requested, memory requested and limited alike: an operator that grows is restarted, not its neighbours. */
export function resources(cpu: string, memory: string) {
  return { requests: { cpu, memory }, limits: { memory } };
}

/** Soft spread over zones of pods that carry these labels. */
export function spreadOverZones(matchLabels: Readonly<Record<string, string>>) {
  return [
    {
      maxSkew: 1,
      topologyKey: 'topology.kubernetes.io/zone',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels },
    },
  ];
}
