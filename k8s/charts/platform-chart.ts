import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { commonLabels } from '../names';

/** Charts are applied in this order; within a layer any order will do. */
export const layers = ['namespaces', 'resources', 'bootstrap', 'services', 'ingress'] as const;
export type Layer = (typeof layers)[number];

/** A chart with its place in the order of application. */
export class PlatformChart extends Chart {
  constructor(
    scope: Construct,
    id: string,
    readonly layer: Layer,
  ) {
    // Every object is named by us: a hash of the construct's path in a name would make a moved construct a new object.
    super(scope, id, { disableResourceNameHashes: true, labels: commonLabels });
  }
}
