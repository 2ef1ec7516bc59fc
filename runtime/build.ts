import { execFile } from 'node:child_process';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build as transpile } from 'esbuild';

const root = resolve(__dirname, '..');
const out = join(root, 'dist');

/** Laptop-only and browser-only rooms are not part of what a server runs. */
const notServed = ['local', 'web/app'];

/**
 * Makes `dist/runtime` (one CommonJS file per source file, so that SQL and Lua stay beside the code that reads them)
 * and `dist/web` (the product's pages). The laptop and the images run the same output.
 */
export async function build(): Promise<void> {
  await Promise.all([buildServices(), buildPages()]);
}

/** @param to a directory of its own inside the repository, which is emptied first */
export async function buildServices(to = join(out, 'runtime')): Promise<void> {
  const from = join(root, 'runtime');
  const files = readdirSync(from, { recursive: true, encoding: 'utf8' }).filter(
    (file) => !notServed.some((room) => file === room || file.startsWith(`${room}/`)),
  );
  rmSync(to, { recursive: true, force: true });
  await transpile({
    entryPoints: files.filter((file) => file.endsWith('.ts') && file !== 'build.ts').map((file) => join(from, file)),
    outdir: to,
    outbase: from,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    logLevel: 'warning',
  });
  for (const asset of files.filter((file) => /\.(lua|sql|json|txt)$/.test(file) && !file.endsWith('tsconfig.json'))) {
    cpSync(join(from, asset), join(to, asset));
  }
}

/** In a process of its own: loaded through tsx, Vite does not recognise its own built-in plugins. */
export async function buildPages(): Promise<void> {
  const vite = join(dirname(require.resolve('vite/package.json')), 'bin/vite.js');
  const target = ['--outDir', join(out, 'web'), '--emptyOutDir', '--logLevel', 'warn'];
  await promisify(execFile)(process.execPath, [vite, 'build', ...target], { cwd: join(root, 'runtime/web/app') });
}

if (require.main === module) {
  build().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
