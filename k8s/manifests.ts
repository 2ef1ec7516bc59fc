import { App } from 'cdk8s';
import { stringify } from 'yaml';
import type { PlatformInputs } from './inputs';
import { platformCharts } from './platform';

export interface ManifestFile {
  /** Numbered, so that the order of names is the order of application. */
  readonly name: string;
  readonly text: string;
}

/** One YAML file per chart, for `kubectl apply` or a GitOps repository. */
export function manifestFiles(inputs: PlatformInputs): readonly ManifestFile[] {
  return platformCharts(new App(), inputs).map((chart, index) => {
    const documents = (chart.toJson() as object[]).map((object) => stringify(object, { lineWidth: 0 }));
    const number = String(index + 1).padStart(2, '0');
    return { name: `${number}-${chart.layer}-${chart.node.id}.yaml`, text: documents.join('---\n') };
  });
}
