import { hlsKeys } from '../../runtime/shared/media-layout';
import { createMediaCookies } from '../../runtime/stream/playback/media-cookies';
import { createCloudFrontPurge } from '../../runtime/stream/takedowns/purge';
import { type EdgeRig, startEdge } from './support/edge';

jest.setTimeout(120_000);

const at = { region: 'us-east-1', streamId: 'st_private', mediaAccess: 'signed' } as const;
const other = { ...at, streamId: 'st_other' } as const;
const open = { ...at, mediaAccess: 'open' } as const;
const segment = `/${hlsKeys.mediaSegment(at, '720p', 1, 1)}`;
const playlist = `/${hlsKeys.livePlaylist(at, '720p')}`;

let edge: EdgeRig;
beforeAll(async () => {
  edge = await startEdge();
  for (const location of [at, other, open]) {
    await edge.put(hlsKeys.mediaSegment(location, '720p', 1, 1), 'mediaSegment', location.streamId);
    await edge.put(hlsKeys.livePlaylist(location, '720p'), 'mediaPlaylist', '#EXTM3U\n');
  }
});
afterAll(() => edge?.stop());

/** Cookies as the stream service makes them. */
function cookies(location: typeof at | typeof other = at, now = new Date()): string {
  const signer = createMediaCookies({
    keyFile: edge.signingKeyFile,
    mediaBaseUrl: edge.base,
    domain: undefined,
    secure: false,
  });
  return signer
    .open(location, now)
    .map((line) => line.split(';')[0])
    .join('; ');
}

const get = (path: string, cookie?: string, headers: Record<string, string> = {}) =>
  fetch(edge.base + path, { headers: { ...headers, ...(cookie !== undefined && { Cookie: cookie }) } });
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

describe('private media at the local edge', () => {
  it('is closed without cookies, and the caches are not even asked', async () => {
    for (const path of [segment, playlist]) expect((await get(path)).status).toBe(403);
    expect(edge.requests('regional', segment)).toBe(0);
  });

  it('opens to cookies of the stream service, and the second viewer is served from the cache', async () => {
    const first = await get(segment, cookies());
    expect([first.status, await first.text()]).toEqual([200, 'st_private']);
    expect(first.headers.get('x-cache')).toBe('MISS');
    const second = await get(segment, cookies());
    expect(second.headers.get('x-cache')).toBe('HIT');
    expect(edge.requests('shield', segment)).toBe(1);
  });

  it('is closed again, though cached, without cookies, with another stream’s and with cookies that ran out', async () => {
    expect((await get(segment)).status).toBe(403);
    expect((await get(segment, cookies(other))).status).toBe(403);
    expect((await get(segment, cookies(at, minutesAgo(11)))).status).toBe(403);
    expect((await get(segment, cookies(at, minutesAgo(9)))).status).toBe(200);
  });

  it('has no way around by another spelling of the path', async () => {
    const inside = segment.slice('/private/'.length);
    for (const path of [
      `/private%2F${inside}`,
      `/priv%61te/${inside}`,
      `//private/${inside}`,
      `/hls/..%2Fprivate/${inside}`,
      `/hls/us-east-1/x/..%2F..%2F..%2Fprivate/${inside}`,
      `/private/us-east-1/st_other/..%2Fst_private/720p/1/00000001.m4s`,
      `${segment}%0A`,
    ]) {
      expect([path, (await get(path)).status]).not.toContain(200);
      // With cookies for another stream: what is checked is what is served.
      expect([path, (await get(path, cookies(other))).status]).not.toContain(200);
    }
  });

  it('comes with credentials to our pages, and public media without', async () => {
    const headersOf = async (path: string, cookie?: string) => {
      const { headers } = await get(path, cookie, { Origin: 'https://app.test' });
      return [headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')];
    };
    expect(await headersOf(segment, cookies())).toEqual(['https://app.test', 'true']);
    // A refusal can be read, too: the player tells it from a broken line.
    expect(await headersOf(segment)).toEqual(['https://app.test', 'true']);
    expect(await headersOf(`/${hlsKeys.mediaSegment(open, '720p', 1, 1)}`)).toEqual(['https://app.test', null]);
  });
});

describe('an invalidation', () => {
  it('makes all three caches forget one stream and no other', async () => {
    const path = `/${hlsKeys.mediaSegment(open, '720p', 1, 1)}`;
    const neighbour = { ...open, streamId: 'st_private2' };
    const neighbourPath = `/${hlsKeys.mediaSegment(neighbour, '720p', 1, 1)}`;
    await edge.put(neighbourPath.slice(1), 'mediaSegment', 'neighbour');
    const cacheOf = async (url: string) => {
      const answer = await get(url);
      return [answer.status, answer.headers.get('x-cache')];
    };
    for (const url of [path, neighbourPath]) await cacheOf(url);
    expect(await cacheOf(path)).toEqual([200, 'HIT']);
    await edge.remove(path.slice(1));
    // That is the danger: the object is gone, and the caches serve it for a year.
    expect(await cacheOf(path)).toEqual([200, 'HIT']);

    await purgeThroughTheSdk(hlsKeys.root(open));
    expect((await cacheOf(path))[0]).toBe(404);
    expect(edge.requests('shield', path)).toBe(2);
    expect(await cacheOf(neighbourPath)).toEqual([200, 'HIT']);
  });

  it('finds the distribution by its host, and says when there is none', async () => {
    await expect(purgeThroughTheSdk('hls/x/', 'media.elsewhere.test')).rejects.toThrow(
      'no CloudFront distribution serves media.elsewhere.test',
    );
  });

  /** The stream service's own client, told where the API is as `npm start` tells it. */
  async function purgeThroughTheSdk(prefix: string, host = new URL(edge.base).host): Promise<void> {
    process.env.AWS_ENDPOINT_URL_CLOUDFRONT = edge.cdnApi;
    process.env.AWS_ACCESS_KEY_ID = 'any';
    process.env.AWS_SECRET_ACCESS_KEY = 'any';
    await createCloudFrontPurge(host)(prefix);
  }
});
