import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { poll } from '../../runtime/local/poll';
import { mediaCors } from '../../runtime/shared/media-cors';
import { hlsKeys } from '../../runtime/shared/media-layout';
import { streamContract } from '../../runtime/stream/contract';
import { webContract } from '../../runtime/web/contract';
import { type EdgeRig, startEdge } from './support/edge';

jest.setTimeout(120_000);

const stream = { region: 'us-east-1', streamId: 'st_1', mediaAccess: 'open' } as const;
const playlist = hlsKeys.livePlaylist(stream, '720p');
const segment = hlsKeys.mediaSegment(stream, '720p', 1, 1);

describe('the local edge', () => {
  const backends: Server[] = [];
  let edge: EdgeRig;
  let base: string;

  beforeAll(async () => {
    edge = await startEdge({
      services: [
        { contract: streamContract, port: await backend('stream') },
        { contract: webContract, port: await backend('web') },
      ],
      livekitPort: await backend('livekit'),
    });
    base = edge.base;
    await edge.put(playlist, 'mediaPlaylist', '#EXTM3U\n');
    await edge.put(segment, 'mediaSegment', '0123456789');
  });

  afterAll(async () => {
    for (const server of backends) server.close();
    await edge?.stop();
  });

  /** Answers with its own name, and what it was asked. */
  async function backend(name: string): Promise<number> {
    const server = createServer((request, response) => {
      response.setHeader('Content-Type', 'text/plain');
      response.end(`${name} ${request.url} for ${request.headers['x-forwarded-for']}`);
    });
    backends.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${base}${path}`, { headers });
  const text = async (path: string, headers: Record<string, string> = {}) => (await get(path, headers)).text();
  const originRequests = (path: string) => edge.requests('shield', path);

  it('routes by the contracts’ prefixes, and only on whole path segments', async () => {
    expect(await text('/api/stream/streams')).toMatch(/^stream \/api\/stream\/streams /);
    expect(await text('/rtc/v1?access_token=x')).toMatch(/^livekit \/rtc\/v1\?access_token=x /);
    expect(await text('/watch/someone')).toMatch(/^web \/watch\/someone /);
    expect(await text('/api/streams')).toMatch(/^web /);
  });

  it('sends whoever types localhost to the one address that cookies and origins are for', async () => {
    const answer = await fetch(`${base.replace('127.0.0.1', 'localhost')}/watch/st_1?grant=x`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([307, `${base}/watch/st_1?grant=x`]);
  });

  it('keeps internal routes inside', async () => {
    for (const path of [
      '/api/stream/internal/revocations',
      '/api/stream/internal/broadcasts/st_1/events',
      '/API/STREAM/INTERNAL/REVOCATIONS/',
      '/api/stream/internal/%72evocations',
    ]) {
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    }
  });

  it('believes no X-Forwarded-For but its own', async () => {
    expect(await text('/', { 'X-Forwarded-For': '203.0.113.9' })).toBe('web / for 127.0.0.1');
  });

  it('serves media with the packager’s caching, from the cache the second time', async () => {
    const first = await get(`/${segment}?cachebuster=1`, { Origin: 'http://pages.test', Cookie: 'a=b' });
    expect(await first.text()).toBe('0123456789');
    expect(first.headers.get('content-type')).toBe('video/iso.segment');
    expect(first.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(first.headers.get('x-cache')).toBe('MISS');
    const second = await get(`/${segment}?cachebuster=2`);
    expect(second.headers.get('x-cache')).toBe('HIT');
    expect(originRequests(`/${segment}`)).toBe(1);
  });

  it('lets pages of the configured origins read it, from one cached copy, and no others', async () => {
    const corsOf = async (origin: string) => {
      const { headers } = await get(`/${segment}`, { Origin: origin });
      const [allowed, exposed] = ['access-control-allow-origin', 'access-control-expose-headers'];
      return [headers.get(allowed), headers.get(exposed), headers.get('access-control-allow-credentials')];
    };
    const exposed = mediaCors.exposedHeaders.join(', ');
    expect(await corsOf('http://pages.test')).toEqual(['http://pages.test', exposed, null]);
    expect(await corsOf('https://app.test')).toEqual(['https://app.test', exposed, null]);
    for (const origin of ['http://elsewhere.test', 'http://pages.test.evil.test', 'null']) {
      expect(await corsOf(origin)).toEqual([null, null, null]);
    }
    expect((await get(`/${segment}`)).headers.get('vary')).toBe('Origin');
    expect(originRequests(`/${segment}`)).toBe(1);
  });

  it('answers ranges from a whole cached object', async () => {
    const part = await get(`/${segment}`, { Range: 'bytes=2-4' });
    expect([part.status, await part.text()]).toEqual([206, '234']);
  });

  it('asks the origin once for a crowd', async () => {
    const path = `/${hlsKeys.livePlaylist(stream, 'nothing-yet')}`;
    const answers = await Promise.all(Array.from({ length: 50 }, () => get(path)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
    // A second one when the clock's second ends in between.
    expect(originRequests(path)).toBeLessThanOrEqual(2);
  });

  it('keeps a playlist for a second in all three caches together', async () => {
    const path = hlsKeys.livePlaylist(stream, '360p');
    const late: number[] = [];
    for (let version = 0; version < 5; version += 1) {
      await edge.put(path, 'mediaPlaylist', `#EXTM3U\n#${version}\n`);
      const writtenAtMs = Date.now();
      await poll(
        async () => {
          const seen = await text(`/${path}`);
          if (!seen.includes(`#${version}\n`)) throw new Error(`it is still ${seen}`);
        },
        { what: 'the new playlist', deadlineMs: 6_000, intervalMs: 20 },
      );
      late.push(Date.now() - writtenAtMs);
    }
    // Half a second for a busy machine.
    expect(Math.max(...late)).toBeLessThan(1_500);
  });

  it('serves nothing below /hls/ that the layout does not name, and changes nothing', async () => {
    expect((await get('/hls/us-east-1/st_1/secret.txt')).status).toBe(404);
    for (const method of ['PUT', 'DELETE', 'OPTIONS']) {
      expect([method, (await fetch(`${base}/${segment}`, { method })).status]).toEqual([method, 403]);
    }
  });

  it('serves a stale playlist while the origin is away', async () => {
    expect((await get(`/${playlist}`)).headers.get('cache-control')).toBe('public, max-age=1');
    await edge.s3.stop();
    const stale = await poll(
      async () => {
        const answer = await get(`/${playlist}`);
        if (answer.headers.get('x-cache') !== 'STALE') throw new Error(`it was ${answer.headers.get('x-cache')}`);
        return answer;
      },
      { what: 'a stale answer', deadlineMs: 5_000 },
    );
    expect(stale.status).toBe(200);
    expect(await stale.text()).toBe('#EXTM3U\n');
  });
});
