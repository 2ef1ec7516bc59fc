import { randomUUID } from 'node:crypto';

/** Viewers that do what a player does, less the decoding: heartbeats and the live playlist, all from this process. */
export interface Viewers {
  /** Adds viewers to the newest live stream. Returns how many there are now. */
  add(count: number): Promise<number>;
}

export interface ViewersOptions {
  readonly baseUrl: string;
  /** The analytics service itself: behind the gateway all viewers would share one address and one rate limit. */
  readonly analyticsUrl: string;
}

const heartbeatMs = 10_000;

export function createViewers({ baseUrl, analyticsUrl }: ViewersOptions): Viewers {
  let count = 0;
  return {
    async add(more) {
      const stream = await newestLiveStream(baseUrl);
      for (let started = 0; started < more; started += 1) {
        const viewer = { sessionId: randomUUID(), address: `198.51.100.${(count + started) % 254}` }; // RFC 5737
        const watch = () => void watchOnce(stream, viewer, analyticsUrl).catch(() => undefined); // Tries again, as players do.
        // Spread over the interval, as real viewers are.
        setTimeout(
          () => {
            watch();
            setInterval(watch, heartbeatMs);
          },
          (started / more) * heartbeatMs,
        );
      }
      count += more;
      return count;
    },
  };
}

interface LiveStream {
  readonly streamId: string;
  readonly hlsUrl: string;
}

async function newestLiveStream(baseUrl: string): Promise<LiveStream> {
  const { streams } = (await getJson(`${baseUrl}/api/stream/streams?limit=1`)) as { streams: { id: string }[] };
  const streamId = streams[0]?.id;
  if (streamId === undefined) throw new Error('nothing is live: press p for the test pattern');
  const playback = `${baseUrl}/api/stream/streams/${streamId}/playback?transport=hls`;
  const { hlsUrl } = (await getJson(playback)) as { hlsUrl?: string };
  if (hlsUrl === undefined) throw new Error('the newest live stream has nothing to play yet');
  return { streamId, hlsUrl };
}

async function watchOnce(
  { streamId, hlsUrl }: LiveStream,
  { sessionId, address }: { readonly sessionId: string; readonly address: string },
  analyticsUrl: string,
): Promise<void> {
  await (await fetch(hlsUrl)).text();
  await fetch(`${analyticsUrl}/api/analytics/heartbeats`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': address },
    body: JSON.stringify({ streamId, sessionId, transport: 'hls', state: 'playing' }),
  });
}

async function getJson(url: string): Promise<unknown> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.json();
}
