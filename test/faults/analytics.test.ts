import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMongoEventStore } from '../../runtime/analytics/events/event-store';
import { createMinutes } from '../../runtime/analytics/minutes/minutes';
import { type AnalyticsService, createAnalyticsService } from '../../runtime/analytics/service';
import { createRedisViewerCounts } from '../../runtime/analytics/viewers/viewer-counts';
import { createRegistry } from '../../runtime/shared/metrics';
import { connectMongo, type Mongo } from '../../runtime/shared/mongo';
import { Problem } from '../../runtime/shared/problem';
import { createLocalRateLimiter } from '../../runtime/shared/rate-limit';
import { connectRedis, type RedisClient } from '../../runtime/shared/redis';
import { silent, until } from '../chat/support/chat-pod';
import { report } from './support/report';
import { type FaultyServer, startFaultyMongo, startFaultyRedis } from './support/servers';

jest.setTimeout(120_000);

describe('analytics without its stores', () => {
  let redis: FaultyServer;
  let mongo: FaultyServer;
  let commands: RedisClient;
  let documents: Mongo;
  let service: AnalyticsService;
  let url: string;
  let close: () => void;

  beforeAll(async () => {
    [redis, mongo] = await Promise.all([startFaultyRedis(), startFaultyMongo()]);
    commands = connectRedis({ REDIS_URL: redis.url, REDIS_CLUSTER: true }, { purpose: 'commands', log: silent });
    documents = connectMongo({ MONGO_URL: mongo.url, MONGO_DATABASE: 'analytics' }, silent);
    const unauthenticated = async () => {
      throw new Problem('unauthenticated');
    };
    service = createAnalyticsService({
      viewers: createRedisViewerCounts(commands),
      minutes: createMinutes(commands, documents, 140),
      events: createMongoEventStore(documents, 14),
      owners: { ownerOf: async () => 'us_owner' },
      region: 'us-east-1',
      now: Date.now,
      log: silent,
      registry: createRegistry('analytics'),
      rateLimiter: createLocalRateLimiter(10_000),
      verifyUser: unauthenticated,
      verifyService: unauthenticated,
      allowedOrigins: [],
      trustedProxyHops: 0,
    });
    const server = createServer(service.app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/analytics`;
    close = () => {
      server.closeAllConnections();
      server.close();
    };
  });

  afterAll(async () => {
    close?.();
    commands?.disconnect();
    await documents?.close();
    await redis?.remove();
    await mongo?.remove();
  });

  const post = (path: string, body: unknown) =>
    fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const sessionId = 'session-000000000001';
  const sendBatch = (batch: number) =>
    post('/events', {
      streamId: 'st_away',
      sessionId,
      transport: 'hls',
      events: Array.from({ length: 50 }, (_, n) => ({ sn: batch * 50 + n, ts: Date.now(), e: 't' })),
    });

  it('the document store away for 10 s: reports are taken at once, kept, and stored once when it is back', async () => {
    await mongo.shutDown();
    const end = Date.now() + 10_000;
    for (let batch = 0; batch < 40; batch += 1) expect((await sendBatch(batch)).status).toBe(202);
    await service.flush();
    for (let batch = 0; batch < 40; batch += 1) expect((await sendBatch(batch)).status).toBe(202);
    await until('the outage is over', () => Date.now() > end, 15_000);
    await mongo.start();
    const stored = () => documents.run((database) => database.collection('analytics_events').countDocuments({}));
    await until(
      'all are stored',
      async () => {
        await service.flush();
        return (await stored().catch(() => 0)) === 2_000;
      },
      60_000,
    );
    expect(await stored()).toBe(2_000);
    report({
      fault: 'document store shut down, analytics',
      injected: '10 s, 2,000 reports sent twice',
      observed: '202 at once; stored once each',
      lost: 0,
    });
  });

  it('Redis frozen for 5 s: heartbeats are answered within the deadline with the last known count', async () => {
    const beat = () => post('/heartbeats', { streamId: 'st_frozen', sessionId, transport: 'hls', state: 'playing' });
    const viewers = async () => ((await (await beat()).json()) as { viewers: number }).viewers;
    expect(await (await beat()).json()).toMatchObject({ viewers: 1 });
    redis.freeze();
    const end = Date.now() + 5_000;
    const started = Date.now();
    const answers = await Promise.all(Array.from({ length: 50 }, beat));
    expect(Date.now() - started).toBeLessThan(4_000);
    for (const answer of answers) expect(await answer.json()).toMatchObject({ viewers: 1 });
    await until('the freeze is over', () => Date.now() > end, 10_000);
    redis.thaw();
    await until('viewers are counted again', async () => (await viewers()) === 1, 10_000);
    report({ fault: 'Redis frozen, analytics', injected: '5 s', observed: 'heartbeats answered from memory', lost: 0 });
  });
});
