import { poll } from '../../../../runtime/local/poll';
import type { Viewing } from './owner';

/** One object as a viewer fetches it: status and the pop's word on its cache. */
export interface Fetched {
  readonly status: number;
  readonly cache: string | null;
}

export async function fetchMedia(url: string, cookie = ''): Promise<Fetched> {
  const answer = await fetch(url, { headers: { Cookie: cookie } });
  await answer.arrayBuffer();
  return { status: answer.status, cache: answer.headers.get('x-cache') };
}

/** URL of the newest segment of the first rendition that the playlists name. */
export async function findSegment({ hlsUrl, cookie }: Viewing): Promise<string> {
  return poll(
    async () => {
      const playlistUrl = new URL(firstUri(await text(hlsUrl, cookie)), hlsUrl);
      return new URL(lastUri(await text(playlistUrl.href, cookie)), playlistUrl).href;
    },
    { what: 'a segment in the playlists', deadlineMs: 60_000, intervalMs: 500 },
  );
}

async function text(url: string, cookie: string): Promise<string> {
  const answer = await fetch(url, { headers: { Cookie: cookie } });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.text();
}

const uris = (playlist: string) => playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

function firstUri(playlist: string): string {
  const [uri] = uris(playlist);
  if (uri === undefined) throw new Error('the playlist is empty');
  return uri;
}

function lastUri(playlist: string): string {
  const uri = uris(playlist).at(-1);
  if (uri === undefined) throw new Error('the playlist is empty');
  return uri;
}
