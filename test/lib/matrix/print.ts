import { createHash } from 'node:crypto';
import { matrixCells } from './cells';
import { type SynthesizedStack, synthesize } from './synthesize';

/** `npm run synth:matrix`: what every cell synthesizes to, how long it takes, and that twice makes the same bytes. */
interface Measured {
  readonly resources: number;
  readonly stacks: number;
  readonly largestTemplate: number;
  readonly largestManifest: number;
  readonly seconds: number;
  readonly digest: string;
}

const manifestType = 'Custom::AWSCDK-EKS-KubernetesResource';
const kB = (bytes: number) => `${(bytes / 1_000).toFixed(0)} kB`;

function measure(stacks: readonly SynthesizedStack[], startedAt: number): Measured {
  const resources = stacks.flatMap(({ template }) => Object.values(template.Resources));
  const manifests = resources.filter(({ Type }) => Type === manifestType);
  return {
    resources: resources.length,
    stacks: stacks.length,
    largestTemplate: Math.max(...stacks.map(({ text }) => text.length)),
    largestManifest: Math.max(...manifests.map(({ Properties }) => JSON.stringify(Properties?.Manifest).length)),
    seconds: (performance.now() - startedAt) / 1_000,
    digest: createHash('sha256')
      .update(stacks.map(({ text }) => text).join())
      .digest('hex'),
  };
}

function run(): ReadonlyMap<string, Measured> {
  const cells = matrixCells().map(({ name, config }) => {
    const startedAt = performance.now();
    return [name, measure(synthesize(config), startedAt)] as const;
  });
  return new Map(cells);
}

const first = run();
const second = run();
console.table(
  [...first].map(([cell, { stacks, resources, largestTemplate, largestManifest, seconds }]) => ({
    cell,
    stacks,
    resources,
    'largest template': kB(largestTemplate),
    'largest manifest': kB(largestManifest),
    seconds: seconds.toFixed(1),
  })),
);
const seconds = (cells: ReadonlyMap<string, Measured>) =>
  [...cells.values()].reduce((sum, cell) => sum + cell.seconds, 0).toFixed(1);
const different = [...first].filter(([cell, { digest }]) => second.get(cell)?.digest !== digest).map(([cell]) => cell);
console.log(`${first.size} cells in ${seconds(first)} s, again in ${seconds(second)} s`);
console.log(different.length === 0 ? 'both runs byte-identical' : `runs differ: ${different.join(', ')}`);
if (different.length > 0) process.exitCode = 1;
