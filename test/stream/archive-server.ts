import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, request as requestHttp } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { failWhenExited, startProcess } from '../../runtime/local/child-process';
import { poll } from '../../runtime/local/poll';
import { freePort } from '../../runtime/local/ports';
import { cached } from '../../runtime/local/provision/cache';
import { execute, findOnPath } from '../../runtime/local/provision/execute';

/**
 * An S3 peer that knows storage classes, which the laptop's S3 server does not: the Python package moto, behind a relay
 * that gives restores the time they take in Deep Archive. moto checks no signatures, so nothing about access is tested
 * with it.
 */
export interface ArchiveServer {
  readonly client: S3Client;
  readonly bucket: string;
  /** The peer's time, which only {@link advance} moves. */
  now(): Date;
  advance(hours: number): void;
  stop(): Promise<void>;
}

const motoVersion = '5.2.5';
const remedy = `python3 -m pip install 'moto[s3]==${motoVersion}' flask flask-cors`;

export async function startArchiveServer(): Promise<ArchiveServer> {
  const python = findOnPath('python3');
  if (python === undefined) throw new Error(`the archive peer needs Python: apt-get install python3-pip; ${remedy}`);
  const packages = await cached(`moto-${motoVersion}`, async (scratch) => {
    process.stderr.write(`installing the Python package moto ${motoVersion} as archive peer, usually 30 s, once\n`);
    const target = join(scratch, 'packages');
    const wanted = [`moto[s3]==${motoVersion}`, 'flask', 'flask-cors'];
    await execute(python, ['-m', 'pip', 'install', '--quiet', '--target', target, ...wanted]);
    if (!existsSync(join(target, 'moto'))) throw new Error(`moto was not installed; try ${remedy}`);
  });
  const port = await freePort();
  const running = await startProcess({
    name: 'moto',
    command: { file: python, arguments: ['-m', 'moto.server'] },
    arguments: ['-H', '127.0.0.1', '-p', String(port)],
    environment: { PYTHONPATH: join(packages, 'packages') },
  });
  await poll(() => fetch(`http://127.0.0.1:${port}/moto-api/data.json`), {
    what: 'the archive peer answering',
    deadlineMs: 30_000,
    abort: failWhenExited(running),
  });
  const clock = { nowMs: Date.now() };
  const relay = createServer(restoreRelay(port, () => clock.nowMs));
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${(relay.address() as AddressInfo).port}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  const bucket = 'recordings';
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return {
    client,
    bucket,
    now: () => new Date(clock.nowMs),
    advance(hours) {
      clock.nowMs += hours * 3_600_000;
    },
    async stop() {
      client.destroy();
      relay.closeAllConnections();
      await new Promise((resolve) => relay.close(resolve));
      await running.stop();
    },
  };
}

interface Restore {
  readonly readyAtMs: number;
  readonly expiresAtMs: number;
}

/**
 * Passes everything on. A restore stays `ongoing-request="true"` for the hours of its tier, a second one meanwhile is
 * refused with 409, and the copy is gone after its days (S3 User Guide, "Restoring an archived object").
 */
function restoreRelay(port: number, nowMs: () => number): RequestListener {
  const restores = new Map<string, Restore>();
  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://relay');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const isRestore = request.method === 'POST' && url.searchParams.has('restore');
    const known = restores.get(url.pathname);
    if (isRestore && known && nowMs() < known.readyAtMs) {
      response.writeHead(409, { 'content-type': 'application/xml' });
      response.end(
        '<Error><Code>RestoreAlreadyInProgress</Code><Message>Object restore is in progress</Message></Error>',
      );
      return;
    }
    const answer = await passOn(request, body, port);
    if (isRestore && (answer.statusCode ?? 500) < 300) restores.set(url.pathname, restoreOf(body.toString(), nowMs()));
    const headers = { ...answer.headers };
    delete headers['x-amz-restore'];
    const restore = restores.get(url.pathname);
    if (request.method === 'HEAD' && restore && nowMs() < restore.expiresAtMs) {
      const expiry = new Date(restore.expiresAtMs).toUTCString();
      headers['x-amz-restore'] =
        nowMs() < restore.readyAtMs ? 'ongoing-request="true"' : `ongoing-request="false", expiry-date="${expiry}"`;
    }
    response.writeHead(answer.statusCode ?? 502, headers);
    answer.pipe(response);
  };
}

function restoreOf(xml: string, nowMs: number): Restore {
  const hours = xml.includes('<Tier>Bulk</Tier>') ? 48 : 12;
  const days = Number(/<Days>(\d+)<\/Days>/.exec(xml)?.[1] ?? 1);
  const readyAtMs = nowMs + hours * 3_600_000;
  return { readyAtMs, expiresAtMs: readyAtMs + days * 86_400_000 };
}

function passOn(request: IncomingMessage, body: Buffer, port: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method, url, headers } = request;
    const onward = requestHttp({ host: '127.0.0.1', port, method, path: url, headers, agent: false }, resolve);
    onward.on('error', reject);
    onward.end(body);
  });
}
