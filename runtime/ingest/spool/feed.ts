import { flvFileHeader, retimedFlvTag } from '../../shared/flv';
import type { Spool } from './spool';

/** Written at once; with the socket's own buffer, all that a slow reader costs. */
const pieceBytes = 256 * 1024;

/**
 * A reader's FLV: header, sequence headers, the key frame at or before `fromMs`, and on. It holds no media of its own:
 * a reader too slow for the spool goes on at the oldest entry, and `skipped` is told.
 */
export async function* readFeed(
  spool: Spool,
  fromMs: number | undefined,
  signal: AbortSignal,
  skipped: () => void,
): AsyncGenerator<Buffer> {
  yield head(spool);
  let next = spool.entryAt(fromMs);
  for (;;) {
    if (next !== undefined && spool.hasDropped(next)) {
      skipped();
      next = undefined;
    }
    next ??= spool.entryAt(undefined);
    const tags = next === undefined ? [] : spool.read(next, pieceBytes);
    if (next !== undefined && tags.length > 0) {
      next += tags.length;
      yield Buffer.concat(tags.map((tag) => tag.bytes));
    } else if (spool.ended) {
      return;
    } else {
      await spool.changed(signal);
    }
  }
}

/** From the last tag before what is left out to the first after it. */
const seamMs = 40;

/**
 * An FLV for a reader who wants the newest media rather than all of it: it begins at the newest key frame, and goes on at
 * the newest one when it has fallen behind by more than `longestLagMs`. Its timestamps go on as if nothing had been left
 * out: whoever plays them in real time would otherwise stay late by just as much.
 */
export async function* readLiveFeed(spool: Spool, longestLagMs: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  yield head(spool);
  let next = newestEntry(spool);
  let lastMs = 0;
  let leftOutMs = 0;
  for (;;) {
    const newest = newestEntry(spool);
    next ??= newest;
    if (next !== undefined && newest !== undefined && newest > next && isLate(spool, next, longestLagMs)) {
      leftOutMs += (spool.timestampOf(newest) ?? 0) - lastMs - seamMs;
      next = newest;
    }
    const tags = next === undefined ? [] : spool.read(next, pieceBytes);
    if (next !== undefined && tags.length > 0) {
      next += tags.length;
      lastMs = tags.at(-1)?.timestampMs ?? lastMs;
      const shiftMs = leftOutMs;
      yield Buffer.concat(tags.map(({ bytes, timestampMs }) => retimedFlvTag(bytes, timestampMs - shiftMs)));
    } else if (spool.ended) {
      return;
    } else {
      await spool.changed(signal);
    }
  }
}

const head = (spool: Spool) => Buffer.concat([flvFileHeader(spool.tracks), ...spool.headers]);

const newestEntry = (spool: Spool) => spool.entryAt(Number.POSITIVE_INFINITY);

function isLate(spool: Spool, sequence: number, longestLagMs: number): boolean {
  const timestampMs = spool.timestampOf(sequence);
  return timestampMs === undefined ? spool.hasDropped(sequence) : spool.newestMs - timestampMs > longestLagMs;
}
