import { randomUUID } from 'node:crypto';

/** Viewers that do what a player does, less the decoding: a heartbeat and the live playlist, from one process. */
export interface Viewers {
  /** Returns how many there are now. */
  add(count: number): number;
  stop(): void;
}

const heartbeatMs = 10_000;

export function createViewers(baseUrl: string): Viewers {
  const timers: NodeJS.Timeout[] = [];
  let count = 0;
  return {
    add(more) {
      for (let started = 0; started < more; started += 1) {
        const sessionId = randomUUID();
        const watch = () => void watchOnce(baseUrl, sessionId).catch(() => undefined); // As a player: try again later.
        // Spread over the interval, as real viewers are.
        const first = setTimeout(
          () => {
            watch();
            timers.push(setInterval(watch, heartbeatMs));
          },
          (started / more) * heartbeatMs,
        );
        timers.push(first);
      }
      count += more;
      return count;
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

async function watchOnce(baseUrl: string, sessionId: string): Promise<void> {
  const { streams } = (await getJson(`${baseUrl}/api/stream/streams?limit=1`)) as { streams: { id: string }[] };
  const streamId = streams[0]?.id;
  if (streamId === undefined) return;
  const playback = (await getJson(`${baseUrl}/api/stream/streams/${streamId}/playback?transport=hls`)) as {
    hlsUrl?: string;
  };
  if (playback.hlsUrl !== undefined) await (await fetch(playback.hlsUrl)).text();
  await fetch(`${baseUrl}/api/analytics/heartbeats`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ streamId, sessionId, transport: 'hls', state: 'playing' }),
  });
}

async function getJson(url: string): Promise<unknown> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.json();
}
