import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { poll } from '../../runtime/local/poll';
import { cells, objectsOf } from '../k8s/cells';
import { startControlPlane } from './control-plane/control-plane';
import { crdFiles } from './toolchain/crds';
import { versions } from './toolchain/versions';

/**
 * `npm run verify:schema`: asks a real API server for its schema and keeps what our manifests use, for the tests that
 * run without one.
 */

interface Definition {
  readonly [key: string]: unknown;
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[];
}

type Definitions = Readonly<Record<string, Definition>>;

export const schemaFile = join(__dirname, `../k8s/schema/kubernetes-${versions.kubernetes}.openapi`);

const reference = /^#\/definitions\/(.+)$/;

/** All definitions that one leads to, itself included. */
function reachable(definitions: Definitions, from: string, found = new Set<string>()): Set<string> {
  if (found.has(from)) return found;
  found.add(from);
  for (const name of referencesIn(definitions[from])) reachable(definitions, name, found);
  return found;
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = key === '$ref' && typeof inner === 'string' ? inner.match(reference)?.[1] : undefined;
    return name === undefined ? referencesIn(inner) : [name];
  });
}

/** Descriptions are nine tenths of the text; a property may have that name too. */
function withoutDescriptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !(key === 'description' && typeof inner === 'string'))
      .map(([key, inner]) => [key, withoutDescriptions(inner)]),
  );
}

async function main(): Promise<void> {
  const cluster = await startControlPlane({ portBase: 21_000, say: console.error, simulateNodes: true });
  try {
    await cluster.kubectl('apply', '--server-side', ...(await crdFiles()).flatMap((file) => ['-f', file]));
    await cluster.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
    const kinds = new Set(
      cells.flatMap(([, inputs]) => objectsOf(inputs).map(({ apiVersion, kind }) => `${apiVersion}/${kind}`)),
    );
    const definitions = await publishedDefinitions(cluster.api, kinds);
    const roots = Object.entries(definitions).filter(([, definition]) => isOneOf(kinds, definition));
    const kept = new Set(roots.flatMap(([name]) => [...reachable(definitions, name)]));
    const schema = Object.fromEntries([...kept].sort().map((name) => [name, withoutDescriptions(definitions[name])]));
    writeFileSync(schemaFile, `${JSON.stringify({ definitions: schema })}\n`);
    console.log(`${roots.length} kinds, ${kept.size} definitions`);
  } finally {
    await cluster.stop();
  }
}

function isOneOf(kinds: ReadonlySet<string>, definition: Definition): boolean {
  return (definition['x-kubernetes-group-version-kind'] ?? []).some(({ group, version, kind }) =>
    kinds.has(`${group === '' ? version : `${group}/${version}`}/${kind}`),
  );
}

/** Custom resources are published a moment after they are established. */
async function publishedDefinitions(
  api: Awaited<ReturnType<typeof startControlPlane>>['api'],
  kinds: ReadonlySet<string>,
): Promise<Definitions> {
  const check = async () => {
    const { definitions } = await api.get<{ definitions: Definitions }>('/openapi/v2');
    const known = Object.values(definitions).filter((definition) => isOneOf(kinds, definition)).length;
    if (known < kinds.size) throw new Error(`${known} of ${kinds.size} kinds are published`);
    return definitions;
  };
  return poll(check, { what: 'every kind being published', deadlineMs: 60_000, intervalMs: 500 });
}

main().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
