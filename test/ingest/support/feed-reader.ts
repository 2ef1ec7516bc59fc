import { poll } from '../../../runtime/local/poll';
import { type FlvFile, parseFlv } from './flv-reader';

export interface FeedReader {
  readonly status: number;
  readonly sessionId: string | null;
  readonly flv: FlvFile;
  /** Whether the body has ended: properly, or by breaking off. */
  readonly end: 'open' | 'ended' | 'broken';
  close(): void;
}

/** Reads a feed as a packager does, and keeps all of it. */
export async function openFeed(url: string, token: string, fromMs?: number): Promise<FeedReader> {
  const address = new URL(url);
  if (fromMs !== undefined) address.searchParams.set('fromMs', String(fromMs));
  const leaving = new AbortController();
  const response = await fetch(address, {
    headers: { authorization: `Bearer ${token}` },
    signal: leaving.signal,
  });
  const pieces: Buffer[] = [];
  let end: FeedReader['end'] = 'open';
  const reading = async () => {
    for await (const piece of response.body ?? []) pieces.push(Buffer.from(piece));
  };
  reading().then(
    () => {
      end = 'ended';
    },
    () => {
      end = 'broken';
    },
  );
  return {
    status: response.status,
    sessionId: response.headers.get('headend-session'),
    get flv() {
      return parseFlv(Buffer.concat(pieces));
    },
    get end() {
      return end;
    },
    close: () => leaving.abort(),
  };
}

/** Waits until the feed satisfies `condition`, which throws while it does not. */
export async function untilFeed(
  reader: FeedReader,
  what: string,
  condition: (flv: FlvFile) => void,
  deadlineMs = 10_000,
): Promise<FlvFile> {
  return poll(
    async () => {
      const { flv } = reader;
      condition(flv);
      return flv;
    },
    { what, deadlineMs },
  );
}
