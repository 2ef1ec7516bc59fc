import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { poll } from '../../runtime/local/poll';
import { hlsKeys, recordingKeys } from '../../runtime/shared/media-layout';
import { Gate, home, newBroadcaster, type StreamUnderTest, startStream } from './harness';

let stream: StreamUnderTest;
let gate: Gate;
let receiver: Receiver;
beforeAll(async () => {
  stream = await startStream();
  gate = new Gate(stream);
  receiver = await Receiver.start();
}, 90_000);
afterAll(async () => {
  await stream?.stop();
  await receiver?.stop();
});

describe('outgoing webhooks', () => {
  it('are signed, in order, once each, and only those that were asked for', async () => {
    const owner = await newBroadcaster(stream);
    const { secret } = await subscribe(owner, '/good', ['stream.live', 'stream.ended']);
    const { streamId, sessionId } = await gate.publish(owner.streamKey);
    await gate.show(streamId);
    await gate.show(streamId);
    await gate.tell(streamId, { type: 'publish-stopped', sessionId, reason: 'ended' });
    const received = await receiver.until('/good', 2);
    expect(received.map(({ body }) => JSON.parse(body).event).sort()).toEqual(['stream.ended', 'stream.live']);
    for (const { body, headers } of received) {
      expect(isSigned(secret, body, String(headers['headend-signature']))).toBe(true);
      expect(isSigned('whsec_other', body, String(headers['headend-signature']))).toBe(false);
      expect(JSON.parse(body).stream).toMatchObject({ id: streamId, channel: { handle: owner.handle } });
    }
  });

  it('are tried again when the receiver fails, and the owner sees how it went', async () => {
    const owner = await newBroadcaster(stream);
    const { id } = await subscribe(owner, '/failing', ['stream.waiting']);
    await gate.publish(owner.streamKey);
    await receiver.until('/failing', 1);
    const deliveries = () => stream.call(`channels/${owner.handle}/webhooks/${id}/deliveries`, { token: owner.token });
    const delivery = await poll(
      async () => {
        const [latest] = (await deliveries()).body.deliveries;
        if (latest?.responseStatus !== 500) throw new Error('not noted yet');
        return latest;
      },
      { what: 'the failure being noted', deadlineMs: 5_000 },
    );
    expect(delivery).toMatchObject({ status: 'pending', attempts: 1, event: 'stream.waiting' });
    receiver.heal('/failing');
    // The first pause is ten seconds.
    await receiver.until('/failing', 2, 20_000);
    await poll(async () => expect((await deliveries()).body.deliveries[0].status).toBe('delivered'), {
      what: 'the delivery being noted',
      deadlineMs: 5_000,
    });
  }, 40_000);

  it('do not follow redirects', async () => {
    const owner = await newBroadcaster(stream);
    await subscribe(owner, '/redirecting', ['stream.waiting']);
    await gate.publish(owner.streamKey);
    await receiver.until('/redirecting', 1);
    expect(receiver.received.filter(({ path }) => path === '/redirected')).toEqual([]);
  });

  it('are nobody else’s to see', async () => {
    const [owner, stranger] = await Promise.all([newBroadcaster(stream), newBroadcaster(stream)]);
    await subscribe(owner, '/good', ['stream.live']);
    const answer = await stream.call(`channels/${owner.handle}/webhooks`, { token: stranger.token });
    expect(answer.status).toBe(403);
    const listed = await stream.call(`channels/${owner.handle}/webhooks`, { token: owner.token });
    expect(JSON.stringify(listed.body)).not.toContain('whsec_');
  });

  async function subscribe(owner: { handle: string; token: string }, path: string, events: string[]) {
    const url = receiver.url + path;
    const { body } = await stream.call(`channels/${owner.handle}/webhooks`, {
      token: owner.token,
      body: { url, events },
    });
    return body as { id: string; secret: string };
  }
});

describe('taking a stream down', () => {
  it.each(['public', 'private'] as const)(
    'removes what the CDN serves of a %s one, and the recording',
    async (visibility) => {
      const owner = await newBroadcaster(stream, { defaultVisibility: visibility });
      const { streamId } = await gate.publish(owner.streamKey);
      await gate.show(streamId);
      const at = { region: home, streamId, mediaAccess: visibility === 'private' ? 'signed' : 'open' } as const;
      const { client, put, exists } = s3();
      const objects = [
        [stream.s3.hlsBucket, hlsKeys.liveMultivariant(at)],
        [stream.s3.hlsBucket, hlsKeys.mediaSegment(at, '720p', 1, 1)],
        [stream.s3.recordingsBucket, recordingKeys.recording(at)],
        [stream.s3.recordingsBucket, recordingKeys.poster(at)],
      ] as const;
      const neighbour = [stream.s3.hlsBucket, hlsKeys.liveMultivariant({ ...at, streamId: `${streamId}x` })] as const;
      for (const [bucket, key] of [...objects, neighbour]) await put(bucket, key);
      await stream.call(`streams/${streamId}/end`, { method: 'POST', token: owner.token });
      await stream.call(`streams/${streamId}`, { method: 'DELETE', token: owner.token });
      await poll(
        async () => {
          for (const [bucket, key] of objects) expect(await exists(bucket, key)).toBe(false);
        },
        { what: 'the objects going', deadlineMs: 15_000 },
      );
      expect(await exists(...neighbour)).toBe(true);
      client.destroy();
    },
    30_000,
  );
});

function s3() {
  const { url, region, accessKeyId, secretAccessKey } = stream.s3;
  const client = new S3Client({
    endpoint: url,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  return {
    client,
    put: (bucket: string, key: string) => client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'x' })),
    exists: (bucket: string, key: string) =>
      client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })).then(
        () => true,
        (error: { name: string }) => {
          if (error.name !== 'NotFound') throw error;
          return false;
        },
      ),
  };
}

/** What the documentation tells receivers to do. */
function isSigned(secret: string, body: string, header: string): boolean {
  const [, seconds = '', signature = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? [];
  const expected = createHmac('sha256', secret).update(`${seconds}.${body}`).digest();
  const fresh = Math.abs(Date.now() / 1_000 - Number(seconds)) < 300;
  return fresh && timingSafeEqual(expected, Buffer.from(signature, 'hex'));
}

interface Received {
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Somebody's webhook receiver. */
class Receiver {
  readonly received: Received[] = [];
  private readonly healed = new Set<string>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<Receiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const created = new Receiver(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const path = request.url ?? '';
        created.received.push({ path, body, headers: request.headers });
        if (path === '/redirecting') response.writeHead(302, { location: '/redirected' });
        else if (path === '/failing' && !created.healed.has(path)) response.writeHead(500);
        response.end();
      });
    });
    return created;
  }

  heal(path: string): void {
    this.healed.add(path);
  }

  until(path: string, count: number, deadlineMs = 10_000): Promise<readonly Received[]> {
    return poll(
      async () => {
        const found = this.received.filter((each) => each.path === path);
        if (found.length < count) throw new Error(`${found.length} came`);
        return found;
      },
      { what: `${count} deliveries to ${path}`, deadlineMs },
    );
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
