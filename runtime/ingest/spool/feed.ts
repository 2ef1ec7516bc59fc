import { flvFileHeader, retimedFlvTag } from '../../shared/flv';
import type { Spool, SpooledTag } from './spool';

/** Written at once; with the socket's own buffer, all that a slow reader costs. */
const pieceBytes = 256 * 1024;

/** So much media, at least, goes out together: each piece wakes two processes, and a segment waits for seconds. */
const gatherMs = 40;

/**
 * A reader's FLV: header, sequence headers, the key frame at or before `fromMs`, and on. It holds no media of its own:
 * a reader too slow for the spool goes on at the oldest entry, and `skipped` is told.
 */
export function readFeed(
  spool: Spool,
  fromMs: number | undefined,
  signal: AbortSignal,
  skipped: () => void,
): AsyncGenerator<Buffer> {
  const goOn = (next: number | undefined) => {
    if (next !== undefined && !spool.hasDropped(next)) return next;
    if (next !== undefined) skipped();
    return spool.entryAt(undefined);
  };
  let sentMs = Number.NEGATIVE_INFINITY;
  const changed = async () => {
    do await spool.changed(signal);
    while (!spool.ended && spool.newestMs - sentMs < gatherMs);
  };
  const bytesOf = ({ bytes, timestampMs }: SpooledTag) => {
    sentMs = timestampMs;
    return bytes;
  };
  return follow(spool, fromMs, { goOn, changed, bytesOf });
}

/** From the last tag before what is left out to the first after it. */
const seamMs = 40;

/**
 * An FLV for a reader who wants the newest media rather than all of it: it begins at the newest key frame, and goes on at
 * the newest one when it has fallen behind by more than `longestLagMs`. Its timestamps go on as if nothing had been left
 * out: whoever plays them in real time would otherwise stay late by just as much.
 */
export function readLiveFeed(spool: Spool, longestLagMs: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const newestMs = Number.POSITIVE_INFINITY;
  let lastMs = 0;
  let leftOutMs = 0;
  const goOn = (next: number | undefined) => {
    const newest = spool.entryAt(newestMs);
    if (next === undefined || newest === undefined) return next ?? newest;
    if (newest <= next || !isLate(spool, next, longestLagMs)) return next;
    leftOutMs += (spool.timestampOf(newest) ?? 0) - lastMs - seamMs;
    return newest;
  };
  const bytesOf = ({ bytes, timestampMs }: SpooledTag) => {
    lastMs = timestampMs;
    return leftOutMs === 0 ? bytes : retimedFlvTag(bytes, timestampMs - leftOutMs);
  };
  return follow(spool, newestMs, { goOn, changed: () => spool.changed(signal), bytesOf });
}

interface Reader {
  /** Says before each piece where to read, given where the piece before ended. */
  readonly goOn: (next: number | undefined) => number | undefined;
  /** Resolves when there is more to read, or the end. */
  readonly changed: () => Promise<void>;
  readonly bytesOf: (tag: SpooledTag) => Buffer;
}

async function* follow(
  spool: Spool,
  fromMs: number | undefined,
  { goOn, changed, bytesOf }: Reader,
): AsyncGenerator<Buffer> {
  yield Buffer.concat([flvFileHeader(spool.tracks), ...spool.headers]);
  let next = spool.entryAt(fromMs);
  for (;;) {
    next = goOn(next);
    const tags = next === undefined ? [] : spool.read(next, pieceBytes);
    if (next !== undefined && tags.length > 0) {
      next += tags.length;
      yield Buffer.concat(tags.map(bytesOf));
    } else if (spool.ended) {
      return;
    } else {
      await changed();
    }
  }
}

function isLate(spool: Spool, sequence: number, longestLagMs: number): boolean {
  const timestampMs = spool.timestampOf(sequence);
  return timestampMs === undefined ? spool.hasDropped(sequence) : spool.newestMs - timestampMs > longestLagMs;
}
