import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { keyGroupOf, startLocalCdn } from '../../../runtime/local/edge/cdn';
import type { Layer } from '../../../runtime/local/edge/media-locations';
import { cacheDirectories, edgeConfiguration, type Upstream } from '../../../runtime/local/edge/nginx-configuration';
import { purge } from '../../../runtime/local/edge/purge';
import { freePort } from '../../../runtime/local/ports';
import { resolveServer } from '../../../runtime/local/provision/resolve';
import { servers } from '../../../runtime/local/provision/table';
import { startNginx } from '../../../runtime/local/servers/nginx';
import { type PrivateS3, startS3 } from '../../../runtime/local/testing';
import { cacheControl, type ObjectClassName, objectClasses } from '../../../runtime/shared/media-layout';

export interface EdgeRig {
  /** What a viewer asks. */
  readonly base: string;
  /** Endpoint of CloudFront's API. */
  readonly cdnApi: string;
  readonly s3: PrivateS3;
  /** As the stream service gets it. */
  readonly signingKeyFile: string;
  /** Writes an object as the packager does. */
  put(key: string, name: ObjectClassName, body: string | Buffer): Promise<void>;
  remove(key: string): Promise<void>;
  /** A layer's access log so far. */
  log(layer: Layer): string;
  /** How often a layer was asked for a path. */
  requests(layer: Layer, path: string): number;
  stop(): Promise<void>;
}

/** The local edge on ports of its own, in front of an S3 of its own. */
export async function startEdge(
  options: { readonly services?: readonly Upstream[]; readonly livekitPort?: number } = {},
): Promise<EdgeRig> {
  const directory = mkdtempSync(join(tmpdir(), 'headend-edge-'));
  const s3 = await startS3();
  const client = new S3Client({ endpoint: s3.url, region: s3.region, credentials: s3, forcePathStyle: true });
  const signingKeyFile = join(directory, 'media-signing-key.json');
  writeFileSync(signingKeyFile, JSON.stringify(newSigningKey()));
  const [port, regionalPort, shieldPort, cdnPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const cdn: Server = await startLocalCdn({
    port: cdnPort,
    mediaHost: `127.0.0.1:${port}`,
    keyGroup: keyGroupOf(signingKeyFile),
    purge: (path) => purge(cacheDirectories(directory), path),
  });
  const resolved = await resolveServer(servers.nginx, () => undefined, {});
  if (resolved.kind === 'url') throw new Error('nginx has no URL');
  const nginx = await startNginx({
    installation: resolved.installation,
    directory,
    port,
    configuration: edgeConfiguration({
      ...{ directory, port, regionalPort, shieldPort, cdnPort },
      services: options.services ?? [],
      allowedOrigins: ['http://pages.test', 'https://app.test'],
      livekit: `127.0.0.1:${options.livekitPort ?? 9}`,
      origin: { endpoint: `127.0.0.1:${s3.port}`, bucket: s3.hlsBucket },
      asRoot: process.getuid?.() === 0,
    }),
  });
  const log = (layer: Layer) => readFileSync(join(directory, `logs/${layer}.log`), 'utf8');
  return {
    base: `http://127.0.0.1:${port}`,
    cdnApi: `http://127.0.0.1:${cdnPort}`,
    s3,
    signingKeyFile,
    async put(key, name, body) {
      const { contentType } = objectClasses[name];
      const object = { Bucket: s3.hlsBucket, Key: key, Body: body };
      await client.send(
        new PutObjectCommand({ ...object, ContentType: contentType, CacheControl: cacheControl(name) }),
      );
    },
    async remove(key) {
      await client.send(new DeleteObjectCommand({ Bucket: s3.hlsBucket, Key: key }));
    },
    log,
    requests: (layer, path) =>
      log(layer)
        .split('\n')
        .filter((line) => line.includes(` ${path} `)).length,
    async stop() {
      client.destroy();
      cdn.close();
      cdn.closeAllConnections();
      await nginx.stop();
      await s3.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function newSigningKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return { keyPairId: 'TEST', privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
}
