import { flvFileHeader } from '../../shared/flv';
import type { Spool } from './spool';

/** Written at once; with the socket's own buffer, all that a slow reader costs. */
const pieceBytes = 256 * 1024;

export interface FeedEvents {
  /** The reader lost its place. */
  readonly skipped?: () => void;
  /** How far the reader is behind the newest media; may throw to end the feed. */
  readonly behind?: (milliseconds: number) => void;
}

/**
 * A reader's FLV: header, sequence headers, the key frame at or before `fromMs`, and on. It holds no media of its own:
 * a reader too slow for the spool goes on at the oldest entry.
 */
export async function* readFeed(
  spool: Spool,
  fromMs: number | undefined,
  signal: AbortSignal,
  { skipped, behind }: FeedEvents = {},
): AsyncGenerator<Buffer> {
  yield Buffer.concat([flvFileHeader(spool.tracks), ...spool.headers]);
  let next = spool.entryAt(fromMs);
  for (;;) {
    if (next !== undefined && spool.hasDropped(next)) {
      skipped?.();
      next = undefined;
    }
    next ??= spool.entryAt(undefined);
    const tags = next === undefined ? [] : spool.read(next, pieceBytes);
    if (next !== undefined && tags.length > 0) {
      behind?.(spool.millisecondsAfter(next));
      next += tags.length;
      yield Buffer.concat(tags.map((tag) => tag.bytes));
    } else if (spool.ended) {
      return;
    } else {
      await spool.changed(signal);
    }
  }
}
