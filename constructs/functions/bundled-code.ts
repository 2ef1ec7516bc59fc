import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

const root = resolve(__dirname, '../..');
const cache = join(root, 'node_modules/.cache/headend/functions');
const bundled = new Map<string, string>();

/**
 * Bundles a Lambda handler with esbuild in this process: no Docker, and once per process however many stacks use it.
 * The AWS SDK is left out; the Node runtime of Lambda brings it.
 * @param entry path from the repository's root to a TypeScript file that exports `handler`
 */
export function bundledCode(entry: string): Code {
  const directory = bundled.get(entry) ?? bundle(entry);
  bundled.set(entry, directory);
  return Code.fromAsset(directory);
}

function bundle(entry: string): string {
  const directory = join(cache, basename(dirname(entry)));
  const { outputFiles } = buildSync({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    external: ['@aws-sdk/*'],
    minifySyntax: true,
    write: false,
  });
  mkdirSync(directory, { recursive: true });
  for (const file of outputFiles) writeFileSync(join(directory, 'index.js'), file.contents);
  return directory;
}
