import { cpSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';

const root = resolve(__dirname, '../..');
const chatRooms = ['runtime/chat', 'runtime/shared', 'runtime/stream', 'runtime/auth', 'bench/chat'];

/** Makes our service as the images run it: one file per source file, with its scripts beside it. */
export function transpile(outdir: string, rooms: readonly string[] = chatRooms): void {
  const files = rooms.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((file) => join(room, file)),
  );
  buildSync({
    entryPoints: files.filter((file) => file.endsWith('.ts')).map((file) => join(root, file)),
    outdir,
    outbase: root,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  for (const file of files.filter((name) => /\.(lua|sql)$/.test(name))) cpSync(join(root, file), join(outdir, file));
}
