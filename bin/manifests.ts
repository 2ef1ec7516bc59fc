import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exampleInputs } from '../k8s/example-inputs';
import { manifestFiles } from '../k8s/manifests';
import { parseConfig } from '../lib/config/parse';

const usage =
  'usage: npm run manifests -- --out=DIR [--tier=1k] [--region=…] [--regions=…] [--domain=… --hostedZoneId=…]';

/** Writes the manifests of one region, with example values where a deployment has what AWS answers. */
function main(): void {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      tier: { type: 'string' },
      region: { type: 'string' },
      regions: { type: 'string' },
      domain: { type: 'string' },
      hostedZoneId: { type: 'string' },
    },
  });
  const { out, ...flags } = values;
  if (out === undefined) throw new Error(`--out is missing\n${usage}`);
  const { tier, region, fleet, domain } = parseConfig(flags);
  const options = { figures: tier, region, fleet, ...(!domain.isPlaceholder && { domain: domain.name }) };
  const files = manifestFiles(exampleInputs(options));
  mkdirSync(out, { recursive: true });
  for (const { name, text } of files) writeFileSync(join(out, name), text);
  console.log(`${files.length} files in ${out}; apply them in the order of their names`);
}

try {
  main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
