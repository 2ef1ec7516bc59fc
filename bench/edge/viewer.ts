import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { hlsKeys, type MediaLocation, segmentSeconds } from '../../runtime/shared/media-layout';

export interface Audience {
  readonly base: string;
  readonly at: MediaLocation;
  readonly signal: AbortSignal;
  /** Told of each live playlist: the newest sequence it lists. */
  readonly onPlaylist: (sequence: number) => void;
  readonly onFailure: (sentence: string) => void;
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/**
 * One player: for each segment length it asks for the playlists of its video and of the sound, then for the segments
 * that are new in them.
 *
 * @param offset where in the segment length this one asks, 0 to 1: players do not march in step
 */
export async function watch(audience: Audience, video: string, offset: number): Promise<void> {
  const { signal } = audience;
  const seen = new Map<string, number>();
  const lengthMs = segmentSeconds * 1_000;
  let nextMs = Date.now() + offset * lengthMs;
  while (!signal.aborted) {
    await pause(Math.max(0, nextMs - Date.now()), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    nextMs = Math.max(nextMs + lengthMs, Date.now());
    await Promise.all([video, 'audio'].map((name) => followRendition(audience, name, seen))).catch((error: Error) => {
      if (!signal.aborted) audience.onFailure(error.message);
    });
  }
}

async function followRendition({ base, at, onPlaylist }: Audience, name: string, seen: Map<string, number>) {
  const playlistUrl = `${base}/${hlsKeys.livePlaylist(at, name)}`;
  const uris = (await fetchBody(playlistUrl)).toString().match(/^[^#\n]+\.m4s$/gm) ?? [];
  const sequenceOf = (uri: string) => Number(/(\d+)\.m4s$/.exec(uri)?.[1]);
  const newest = sequenceOf(uris.at(-1) ?? '');
  onPlaylist(newest);
  // A player that joins begins three segments from the end.
  const after = seen.get(name) ?? newest - 3;
  for (const uri of uris) {
    if (sequenceOf(uri) > after) await fetchBody(new URL(uri, playlistUrl).href);
  }
  seen.set(name, Math.max(after, newest));
}

function fetchBody(url: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve(Buffer.concat(chunks));
        else reject(new Error(`${url} answered ${answer.statusCode}`));
      });
    }).once('error', reject);
  });
}
