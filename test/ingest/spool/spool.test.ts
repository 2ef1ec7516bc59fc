import { setImmediate } from 'node:timers/promises';
import { readFeed, readLiveFeed } from '../../../runtime/ingest/spool/feed';
import { Spool, type SpoolLimits } from '../../../runtime/ingest/spool/spool';
import { writeFlvTag } from '../../../runtime/shared/flv';
import { parseFlv } from '../support/flv-reader';
import { interFrame, keyFrame } from '../support/media';

const both = { audio: true, video: true };

function spoolOf(seconds: number, limits: SpoolLimits, secondsPerGroup = 1, frameBytes = 100): Spool {
  const spool = new Spool(both, [], limits);
  appendSeconds(spool, 0, seconds, secondsPerGroup, frameBytes);
  return spool;
}

function appendSeconds(spool: Spool, from: number, seconds: number, secondsPerGroup = 1, frameBytes = 100): void {
  for (let frame = from * 25; frame < (from + seconds) * 25; frame += 1) {
    const entry = frame % (25 * secondsPerGroup) === 0;
    const body = entry ? keyFrame(frameBytes) : interFrame(frameBytes);
    spool.append({
      timestampMs: frame * 40,
      bytes: writeFlvTag({ type: 'video', timestampMs: frame * 40, body }),
      entry,
    });
  }
}

const oldestMs = (spool: Spool) => {
  const sequence = spool.entryAt(undefined);
  return sequence === undefined ? undefined : spool.read(sequence, 1)[0]?.timestampMs;
};

const generous = { milliseconds: 15_000, bytes: 32 * 2 ** 20 };

test('keeps whole groups of pictures that reach back far enough', () => {
  expect(oldestMs(spoolOf(60, generous))).toBe(44_000);
  expect(oldestMs(spoolOf(60, generous, 10))).toBe(40_000);
  expect(oldestMs(spoolOf(10, generous))).toBe(0);
});

test('gives up time before it takes more bytes than allowed', () => {
  const spool = spoolOf(60, { milliseconds: 15_000, bytes: 500_000 }, 1, 5_000);
  expect(spool.heldBytes).toBeLessThanOrEqual(500_000);
  expect(oldestMs(spool)).toBe(57_000);
});

test('follows a single group too large to hold, and can be entered at the next key frame', () => {
  const spool = spoolOf(30, { milliseconds: 15_000, bytes: 500_000 }, 100, 5_000);
  expect(spool.heldBytes).toBeLessThanOrEqual(500_000);
  expect(spool.entryAt(undefined)).toBeUndefined();
  spool.append({
    timestampMs: 30_000,
    bytes: writeFlvTag({ type: 'video', timestampMs: 30_000, body: keyFrame() }),
    entry: true,
  });
  expect(oldestMs(spool)).toBe(30_000);
});

test.each([
  [undefined, 44_000],
  [0, 44_000],
  [50_000, 50_000],
  [50_999, 50_000],
  [99_000, 59_000],
])('from %p a reader begins at the key frame of %p', (fromMs, expected) => {
  const spool = spoolOf(60, generous);
  expect(spool.read(spool.entryAt(fromMs) ?? -1, 1)[0]?.timestampMs).toBe(expected);
});

describe('a reader', () => {
  async function take(feed: AsyncGenerator<Buffer>, pieces: number): Promise<Buffer> {
    const taken: Buffer[] = [];
    for (let piece = 0; piece < pieces; piece += 1) taken.push((await feed.next()).value);
    return Buffer.concat(taken);
  }

  test('that is slower than the spool goes on at its oldest key frame, and it is counted', async () => {
    const spool = spoolOf(1, generous);
    let skips = 0;
    const skipped = () => {
      skips += 1;
    };
    const feed = readFeed(spool, undefined, new AbortController().signal, skipped);
    const before = await take(feed, 2);
    appendSeconds(spool, 1, 40);
    const after = await take(feed, 1);
    const times = parseFlv(Buffer.concat([before, after])).tags.map(({ timestampMs }) => timestampMs);
    expect(times.slice(24, 26)).toEqual([960, 25_000]);
    expect(skips).toBe(1);
  });

  test('that wants the newest media begins there, and leaves out what it is too late for, without a jump in time', async () => {
    const spool = spoolOf(3, generous);
    const feed = readLiveFeed(spool, 3_000, new AbortController().signal);
    const before = await take(feed, 2);
    appendSeconds(spool, 3, 2);
    const level = await take(feed, 1);
    appendSeconds(spool, 5, 6);
    const after = await take(feed, 1);
    const timesOf = (...pieces: readonly Buffer[]) =>
      parseFlv(Buffer.concat(pieces)).tags.map(({ timestampMs }) => timestampMs);
    // A second, two more at once, and of six the last.
    expect(timesOf(before, level, after)).toEqual(
      Array.from({ length: 25 + 50 + 25 }, (_, frame) => 2_000 + frame * 40),
    );
  });

  test('gets 40 ms of media at once, and the rest at the end', async () => {
    const spool = spoolOf(1, generous);
    const feed = readFeed(spool, undefined, new AbortController().signal, () => undefined);
    const header: Buffer = (await feed.next()).value;
    const pieces: number[][] = [];
    const reading = (async () => {
      for await (const piece of feed) {
        pieces.push(parseFlv(Buffer.concat([header, piece])).tags.map(({ timestampMs }) => timestampMs));
      }
    })();
    for (const timestampMs of [965, 983, 999, 1_000, 1_017]) {
      await setImmediate();
      spool.append({
        timestampMs,
        bytes: writeFlvTag({ type: 'video', timestampMs, body: interFrame() }),
        entry: false,
      });
    }
    await setImmediate();
    spool.end();
    await reading;
    expect(pieces.slice(1)).toEqual([[965, 983, 999, 1_000], [1_017]]);
  });

  test('gets everything that was held when the session ended, and then the end', async () => {
    const spool = spoolOf(3, generous);
    spool.end();
    const pieces: Buffer[] = [];
    for await (const piece of readFeed(spool, undefined, new AbortController().signal, () => undefined)) {
      pieces.push(piece);
    }
    expect(parseFlv(Buffer.concat(pieces)).tags).toHaveLength(75);
  });

  test('that hangs up while it waits leaves nothing behind', async () => {
    const spool = spoolOf(1, generous);
    const leaving = new AbortController();
    const feed = readFeed(spool, undefined, leaving.signal, () => undefined);
    await take(feed, 2);
    const waiting = feed.next();
    leaving.abort();
    await expect(waiting).rejects.toThrow('aborted');
  });
});
