import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CmcdEvent } from '../../runtime/analytics/cmcd';
import { createMongoEventStore } from '../../runtime/analytics/events/event-store';
import { createMinutes } from '../../runtime/analytics/minutes/minutes';
import { type AnalyticsService, createAnalyticsService } from '../../runtime/analytics/service';
import { createRedisViewerCounts } from '../../runtime/analytics/viewers/viewer-counts';
import { type PrivateMongo, type PrivateRedis, startMongo, startRedis } from '../../runtime/local/testing';
import { createLogger } from '../../runtime/shared/log';
import { createRegistry } from '../../runtime/shared/metrics';
import { connectMongo, type Mongo } from '../../runtime/shared/mongo';
import { Problem } from '../../runtime/shared/problem';
import { createLocalRateLimiter } from '../../runtime/shared/rate-limit';
import { connectRedis, type RedisClient } from '../../runtime/shared/redis';

jest.setTimeout(60_000);

const silent = createLogger('test', 'silent');

describe('analytics over real servers', () => {
  let redis: PrivateRedis;
  let mongo: PrivateMongo;
  let commands: RedisClient;
  let documents: Mongo;
  let service: AnalyticsService;
  let url: string;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    [redis, mongo] = await Promise.all([startRedis(), startMongo()]);
    commands = connectRedis({ REDIS_URL: redis.url, REDIS_CLUSTER: true }, { purpose: 'commands', log: silent });
    documents = connectMongo({ MONGO_URL: mongo.url, MONGO_DATABASE: 'analytics' }, silent);
    service = createAnalyticsService({
      viewers: createRedisViewerCounts(commands),
      minutes: createMinutes(commands, documents, 140),
      events: createMongoEventStore(documents, 14),
      owners: { ownerOf: async () => 'us_owner' },
      region: 'us-east-1',
      now: Date.now,
      log: silent,
      registry: createRegistry('analytics'),
      rateLimiter: createLocalRateLimiter(1_000),
      verifyUser: async (userId) => ({ kind: 'user', userId, sessionId: 'se_1', role: 'viewer', handle: userId }),
      verifyService: async () => {
        throw new Problem('unauthenticated');
      },
      allowedOrigins: ['https://headend.example'],
      trustedProxyHops: 0,
    });
    const server = createServer(service.app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/analytics`;
    stop = async () => {
      server.closeAllConnections();
      server.close();
      commands.disconnect();
      await documents.close();
    };
  });

  afterAll(async () => {
    await stop?.();
    await redis?.stop();
    await mongo?.stop();
  });

  const session = (index: number) => `session-${String(index).padStart(12, '0')}`;
  const post = (path: string, body: unknown) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify(body),
    });
  const beat = async (streamId: string, index: number, change: object = {}) => {
    const answer = await post('/heartbeats', {
      streamId,
      sessionId: session(index),
      transport: 'hls',
      state: 'playing',
      ...change,
    });
    expect(answer.status).toBe(200);
    return (await answer.json()) as { viewers: number; nextSeconds: number; sampleRate: number };
  };
  const viewersOf = async (streamId: string) => (await fetch(`${url}/streams/${streamId}/viewers`)).json();
  const asOwner = async (path: string) =>
    (await fetch(`${url}${path}`, { headers: { authorization: 'Bearer us_owner' } })).json();
  const report = (sn: number, change: Partial<CmcdEvent> = {}): CmcdEvent => ({
    sn,
    ts: Date.now(),
    e: 't',
    ...change,
  });

  it('counts viewers by session: a repeated heartbeat changes nothing, a goodbye takes one away', async () => {
    await beat('st_count', 1);
    await beat('st_count', 1);
    await beat('st_count', 2, { transport: 'webrtc', region: 'eu-west-1' });
    expect(await beat('st_count', 3)).toEqual({ viewers: 3, nextSeconds: 20, sampleRate: 1 });

    await beat('st_count', 3, { state: 'ended' });

    expect(await viewersOf('st_count')).toEqual({
      viewers: 2,
      peak: 3,
      byTransport: { hls: 1, webrtc: 1 },
      byRegion: { 'us-east-1': 1, 'eu-west-1': 1 },
    });
  });

  it('moves a session that changes its transport instead of counting it twice', async () => {
    await beat('st_switch', 1, { transport: 'webrtc' });
    await beat('st_switch', 1, { transport: 'hls' });
    expect(await viewersOf('st_switch')).toMatchObject({ viewers: 1, byTransport: { hls: 1, webrtc: 0 } });
  });

  it('is right to within one viewer, whatever order a thousand come, repeat themselves and go in', async () => {
    const here = new Set<number>();
    const act = async (index: number) => {
      const stays = index % 7 !== 0;
      await beat('st_crowd', index);
      if (index % 3 === 0) await beat('st_crowd', index);
      if (stays) here.add(index);
      else await beat('st_crowd', index, { state: 'ended' });
    };
    for (let first = 0; first < 1_000; first += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, index) => act(first + index)));
    }
    expect(await viewersOf('st_crowd')).toMatchObject({ viewers: here.size, byTransport: { hls: here.size } });
    const { uniqueViewers } = (await asOwner('/streams/st_crowd/summary')) as { uniqueViewers: number };
    expect(Math.abs(uniqueViewers - 1_000)).toBeLessThan(30);
  });

  it('forgets a session whose lease has ended, and counts the time until its last heartbeat only', async () => {
    await beat('st_lease', 1);
    await commands.zadd('viewers:{st_lease}:sessions', Date.now() - 1, session(1));
    expect(await viewersOf('st_lease')).toMatchObject({ viewers: 0, peak: 1, byTransport: { hls: 0, webrtc: 0 } });
  });

  it('adds the time between heartbeats, but no more than a pause can be', async () => {
    await beat('st_watch', 1);
    const ago = (ms: number) =>
      commands.hset('viewers:{st_watch}:facts', session(1), `hls us-east-1 ${Date.now() - ms}`);
    await ago(20_000);
    await beat('st_watch', 1);
    await ago(3_600_000);
    await beat('st_watch', 1, { state: 'paused' });
    const { watchSeconds } = (await asOwner('/streams/st_watch/summary')) as { watchSeconds: number };
    expect(watchSeconds).toBeGreaterThanOrEqual(50);
    expect(watchSeconds).toBeLessThan(52);
  });

  it.each<[string, object]>([
    ['a number that is none', { br: Number.NaN }],
    ['a number beyond measure', { br: 1e300 }],
    ['a negative length', { bl: -1 }],
    ['a key that is not of the vocabulary', { admin: true }],
    ['an event nobody knows', { e: 'x' }],
  ])('refuses a report with %s', async (_, event) => {
    const answer = await post('/events', {
      streamId: 'st_bad',
      sessionId: session(1),
      transport: 'hls',
      events: [{ ...report(0), ...event }],
    });
    expect(answer.status).toBe(400);
  });

  it('takes times of any clock, and files them by its own', async () => {
    const batch = { streamId: 'st_clock', sessionId: session(1), transport: 'hls' };
    const events = [report(0, { ts: 0 }), report(1, { ts: 4_102_444_800_000 })];
    expect((await post('/events', { ...batch, events })).status).toBe(202);
    await service.flush();
    const { minutes } = (await asOwner('/streams/st_clock/timeline')) as { minutes: { at: number }[] };
    for (const { at } of minutes) expect(Math.abs(at - Date.now())).toBeLessThan(120_000);
    expect(minutes.length).toBeGreaterThan(0);
  });

  it('refuses more than 50 reports, and bodies above 64 KB', async () => {
    const batch = { streamId: 'st_large', sessionId: session(1), transport: 'hls' };
    const events = Array.from({ length: 51 }, (_, sn) => report(sn));
    expect((await post('/events', { ...batch, events })).status).toBe(400);
    expect((await post('/events', { ...batch, events: [], junk: 'x'.repeat(70_000) })).status).toBe(413);
  });

  it('stores each player report once, however often a batch is sent', async () => {
    const batch = {
      streamId: 'st_events',
      sessionId: session(1),
      transport: 'hls',
      events: [
        report(0, { msd: 800, sta: 's' }),
        report(1, { br: 3_000, ltc: 4_000, bsd: 500, dfa: 7 }),
        report(2, { e: 'e' }),
      ],
    };
    for (let repetition = 0; repetition < 3; repetition += 1) {
      expect((await post('/events', batch)).status).toBe(202);
      await service.flush();
    }

    const summary = await asOwner('/streams/st_events/summary');
    expect(summary).toMatchObject({
      qoe: { reports: 3, startDelayMs: 800, liveLatencyMs: 4_000, bitrateKbps: 3_000, errors: 1 },
      droppedFrames: 7,
    });
  });

  it('shows the timeline to the owner only', async () => {
    await beat('st_timeline', 1);
    const timeline = (await asOwner('/streams/st_timeline/timeline')) as { minutes: unknown[] };
    expect(timeline.minutes).toMatchObject([{ peak: 1 }]);

    const stranger = await fetch(`${url}/streams/st_timeline/timeline`, {
      headers: { authorization: 'Bearer us_other' },
    });
    expect(stranger.status).toBe(403);
    expect((await fetch(`${url}/streams/st_timeline/timeline`)).status).toBe(401);
  });
});
