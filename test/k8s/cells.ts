import { App } from 'cdk8s';
import { exampleInputs } from '../../k8s/example-inputs';
import type { PlatformInputs } from '../../k8s/inputs';
import { platformCharts } from '../../k8s/platform';
import { tierOf } from '../../lib/config/tiers';
import type { KubernetesObject } from '../../lib/policy/kubernetes';

const wholeFleet = ['us-east-1', 'eu-west-1', 'ap-southeast-1'] as const;

/** Every shape a region can have: each tier's home, and a region that only takes broadcasts in. */
export const cells: readonly (readonly [string, PlatformInputs])[] = [
  ['1k', exampleInputs({ figures: tierOf('1k'), region: 'us-east-1', fleet: ['us-east-1'] })],
  ['10k', exampleInputs({ figures: tierOf('10k'), region: 'eu-west-1', fleet: ['eu-west-1'] })],
  ['100k home', exampleInputs({ figures: tierOf('100k'), region: 'us-east-1', fleet: wholeFleet })],
  ['100k ingest', exampleInputs({ figures: tierOf('100k'), region: 'eu-west-1', fleet: wholeFleet })],
];

/** All objects of a cell, in the order of application. */
export function objectsOf(inputs: PlatformInputs): KubernetesObject[] {
  return platformCharts(new App(), inputs).flatMap((chart) => chart.toJson() as KubernetesObject[]);
}

export function cell(name: string): PlatformInputs {
  const found = cells.find(([each]) => each === name);
  if (!found) throw new Error(`no cell ${name}`);
  return found[1];
}
