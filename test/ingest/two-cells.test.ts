import { Cluster } from 'ioredis';
import { poll } from '../../runtime/local/poll';
import { freePort } from '../../runtime/local/ports';
import { type PrivateRedis, startRedis } from '../../runtime/local/testing';
import { type ServiceUnderTest, startServiceUnderTest } from '../contract/service';
import {
  type Broadcaster,
  cell,
  home,
  newBroadcaster,
  registerPackager,
  type StreamUnderTest,
  startStream,
} from '../stream/harness';
import { startEncoder, stopEncoders } from './support/encoder';
import { type Line, startLine } from './support/line';
import { RtmpClient } from './support/rtmp-client';

/** The real stream service at home, a gate there, and one in a cell whose only way home is a line that can be cut. */

interface CellGate extends ServiceUnderTest {
  readonly rtmpPort: number;
}

let stream: StreamUnderTest;
let cellRedis: PrivateRedis;
let cellClient: Cluster;
let line: Line;
let atHome: CellGate;
let inCell: CellGate;
let someone: Broadcaster;

beforeAll(async () => {
  [stream, cellRedis] = await Promise.all([startStream(), startRedis()]);
  line = await startLine(stream.baseUrl);
  cellClient = new Cluster([{ host: cellRedis.host, port: cellRedis.port }]);
  await registerPackager(cellClient, cell, 100);
  [atHome, inCell] = await Promise.all([
    startGate({ REGION: home, REDIS_URL: stream.redis.url, STREAM_URL: stream.baseUrl }),
    startGate({ REGION: cell, REDIS_URL: cellRedis.url, STREAM_URL: line.url }),
  ]);
  // Home sends nobody to a cell that has not said that it is there.
  const open = async () => {
    const { status } = await new Probe().authorize();
    expect(status).toBe(200);
  };
  await poll(open, { what: 'the cell’s first report', deadlineMs: 10_000 });
}, 180_000);

afterEach(stopEncoders);
afterAll(async () => {
  await Promise.all([atHome?.stop(), inCell?.stop()]);
  await line?.stop();
  cellClient?.disconnect();
  await Promise.all([stream?.stop(), cellRedis?.stop()]);
});

beforeEach(async () => {
  someone = await newBroadcaster(stream);
});

/** Asks home as the cell's gate does. */
class Probe {
  async authorize() {
    const { streamKey } = await newBroadcaster(stream);
    const body = { streamKey, protocol: 'rtmp', region: cell, clientAddress: '198.18.0.1' };
    return stream.internal('publish-authorizations', { body });
  }
}

async function startGate(environment: Readonly<Record<string, string>>): Promise<CellGate> {
  const [rtmpPort, port] = [await freePort(), await freePort()];
  const service = await startServiceUnderTest('ingest', {
    PORT: String(port),
    RTMP_PORT: String(rtmpPort),
    REDIS_CLUSTER: 'true',
    SERVICE_KEY_FILE: stream.secrets.serviceKeyFile('ingest'),
    SERVICE_JWKS_FILE: stream.secrets.serviceJwksFile,
    LIVEKIT_URL: 'http://127.0.0.1:9',
    LIVEKIT_KEYS_FILE: stream.environment.LIVEKIT_KEYS_FILE ?? '',
    FEED_ADVERTISE_URL: `http://127.0.0.1:${port}`,
    ...environment,
  });
  return { ...service, rtmpPort };
}

const revoke = (keyId: string) =>
  stream.call(`channels/${someone.handle}/keys/${keyId}`, { method: 'DELETE', token: someone.token });

async function anotherKey(): Promise<{ id: string; secret: string }> {
  const path = `channels/${someone.handle}/keys`;
  return (await stream.call(path, { token: someone.token, body: { label: 'another' } })).body;
}

const expectStarted = (client: RtmpClient) => expect(client.status?.code).toBe('NetStream.Publish.Start');

describe('ffmpeg is told why it may not publish, by the service that knows', () => {
  const refusal = async (key: string) => {
    const encoder = await startEncoder(`rtmp://127.0.0.1:${atHome.rtmpPort}/live/${key}`);
    expect((await encoder.exited).code).not.toBe(0);
    return encoder.output.join('\n');
  };

  test('a wrong key', async () => {
    expect(await refusal(`${someone.streamKey.slice(0, -4)}xxxx`)).toContain('The stream key is wrong');
  }, 20_000);

  test('a revoked key', async () => {
    const spare = await anotherKey();
    await revoke(spare.id);
    expect(await refusal(spare.secret)).toContain('The stream key was revoked');
  }, 20_000);

  test('a stream that is live already', async () => {
    const first = await RtmpClient.publish(atHome.rtmpPort, someone.streamKey);
    expectStarted(first);
    expect(await refusal(someone.streamKey)).toContain('Another encoder is publishing to this stream');
    first.close();
  }, 20_000);
});

test('the same key broadcasts in either region, one after the other', async () => {
  for (const gate of [inCell, atHome]) {
    const encoder = await startEncoder(`rtmp://127.0.0.1:${gate.rtmpPort}/live/${someone.streamKey}`);
    const live = async () => {
      const page = await stream.call(`channels/${someone.handle}/streams`, { token: someone.token });
      expect(page.body.streams.map(({ state }: { state: string }) => state)).toContain('waiting');
    };
    await poll(live, { what: 'a stream that waits for its picture', deadlineMs: 10_000 });
    await encoder.stop();
    const over = async () => {
      const page = await stream.call(`channels/${someone.handle}/streams`, { token: someone.token });
      expect(page.body.streams.map(({ state }: { state: string }) => state)).not.toContain('waiting');
    };
    await poll(over, { what: 'its end', deadlineMs: 10_000 });
  }
}, 60_000);

test('a key revoked at home stops in the cell what it publishes there, within 2 s', async () => {
  const client = await RtmpClient.publish(inCell.rtmpPort, someone.streamKey);
  expectStarted(client);
  await revoke(someone.keyId);
  await client.untilClosed(2_000);
  expect(client.status?.description).toBe('The stream key was revoked.');
}, 20_000);

test('a cell cut off from home keeps its broadcasts, takes no new ones, and stops a revoked key when it is back', async () => {
  const client = await RtmpClient.publish(inCell.rtmpPort, someone.streamKey);
  expectStarted(client);
  line.cut();
  const newcomer = await newBroadcaster(stream);
  await revoke(someone.keyId);
  const refused = await RtmpClient.publish(inCell.rtmpPort, newcomer.streamKey);
  expect(refused.status?.description).toBe('The stream key could not be checked. Try again in a few seconds.');
  expect(client.closed).toBe(false);
  line.mend();
  await client.untilClosed(4_000);
  expect(client.status?.description).toBe('The stream key was revoked.');
}, 30_000);

test('a stream ended in the studio stops its encoder, and the key stays good', async () => {
  const client = await RtmpClient.publish(inCell.rtmpPort, someone.streamKey);
  expectStarted(client);
  const page = await stream.call(`channels/${someone.handle}/streams`, { token: someone.token });
  await stream.call(`streams/${page.body.streams[0].id}/end`, { token: someone.token, method: 'POST' });
  await client.untilClosed(4_000);
  expect(client.status?.description).toBe('The stream was ended.');
  const again = await RtmpClient.publish(inCell.rtmpPort, someone.streamKey);
  expectStarted(again);
  again.close();
}, 30_000);
