import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectStore } from '../../runtime/packager/upload/object-store';
import { retryDelayMs } from '../../runtime/packager/upload/retry';
import { SegmentSpool } from '../../runtime/packager/upload/spool';
import { Uploader, type UploadResult } from '../../runtime/packager/upload/uploader';
import { createLogger } from '../../runtime/shared/log';

const log = createLogger('test', 'silent');
const allSpools = mkdtempSync(join(tmpdir(), 'headend-uploader-'));
afterAll(() => rmSync(allSpools, { recursive: true, force: true }));

/** Storage whose every answer the test gives. */
class HeldStore implements ObjectStore {
  readonly waiting = new Map<string, { succeed(): void; fail(): void }>();
  readonly started: string[] = [];

  readonly bodies = new Map<string, string>();

  put(key: string, body: Buffer, _kind: unknown, signal: AbortSignal): Promise<void> {
    this.started.push(key);
    this.bodies.set(key, body.toString());
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      this.waiting.set(key, { succeed: resolve, fail: () => reject(new Error('refused')) });
    });
  }

  async get(): Promise<Buffer> {
    throw new Error('uploads only');
  }
}

function uploads(spoolSeconds = 120) {
  // One each: the cleaning up of a test must not take the files of the next.
  const directory = mkdtempSync(join(allSpools, 'spool-'));
  const spool = new SegmentSpool(directory);
  const store = new HeldStore();
  const settled: [number, UploadResult][] = [];
  const failures = { count: 0 };
  const uploader = new Uploader({
    ...{ store, spool, spoolSeconds, log },
    settled: (sequence, result) => settled.push([sequence, result]),
    failed: () => {
      failures.count += 1;
    },
  });
  const add = async (sequence: number) => {
    const objects = [{ key: `${sequence}`, kind: 'mediaSegment' as const, bytes: Buffer.from(`media ${sequence}`) }];
    await uploader.add({ sequence, seconds: 2, initialized: Promise.resolve(), objects });
  };
  const until = async (condition: () => boolean) => {
    for (const deadline = Date.now() + 30_000; !condition(); ) {
      if (Date.now() > deadline) throw new Error(`settled ${JSON.stringify(settled)}, started ${store.started}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { store, directory, settled, failures, uploader, add, until };
}

test('segments go in parallel and are settled in order', async () => {
  const { store, settled, add, until } = uploads();
  for (const sequence of [0, 1, 2]) await add(sequence);
  await until(() => store.waiting.size === 3);
  store.waiting.get('2')?.succeed();
  store.waiting.get('1')?.succeed();
  await new Promise((resolve) => setImmediate(resolve));
  expect(settled).toEqual([]);
  store.waiting.get('0')?.succeed();
  await until(() => settled.length === 3);
  expect(settled).toEqual([
    [0, 'uploaded'],
    [1, 'uploaded'],
    [2, 'uploaded'],
  ]);
});

test('no more than four segments are on their way at once', async () => {
  const { store, add, until } = uploads();
  for (let sequence = 0; sequence < 6; sequence += 1) await add(sequence);
  await until(() => store.started.length === 4);
  store.waiting.get('0')?.succeed();
  await until(() => store.started.length === 5);
});

test('what has to wait waits on disk, is uploaded as it was, and leaves nothing behind', async () => {
  const { store, directory, settled, add, until } = uploads();
  for (let sequence = 0; sequence < 6; sequence += 1) await add(sequence);
  expect(readdirSync(directory).sort()).toEqual(['4', '5']);
  for (let sequence = 0; sequence < 6; sequence += 1) {
    await until(() => store.waiting.has(`${sequence}`));
    store.waiting.get(`${sequence}`)?.succeed();
  }
  await until(() => settled.length === 6);
  expect([...store.bodies.values()]).toEqual([0, 1, 2, 3, 4, 5].map((sequence) => `media ${sequence}`));
  expect(readdirSync(directory)).toEqual([]);
});

test('what fails is repeated until it is there', async () => {
  const { store, settled, failures, add, until } = uploads();
  await add(0);
  await until(() => store.started.length === 1);
  store.waiting.get('0')?.fail();
  await until(() => store.started.length === 2);
  store.waiting.get('0')?.succeed();
  await until(() => settled.length === 1);
  expect(failures.count).toBe(1);
});

test('when more waits than the spool holds, the oldest is dropped and the rest goes on', async () => {
  const { store, settled, add, until } = uploads(6);
  for (let sequence = 0; sequence < 5; sequence += 1) await add(sequence);
  await until(() => settled.length === 2);
  expect(settled).toEqual([
    [0, 'dropped'],
    [1, 'dropped'],
  ]);
  await until(() => store.started.includes('4'));
  for (const sequence of ['2', '3', '4']) store.waiting.get(sequence)?.succeed();
  await until(() => settled.length === 5);
});

test('a segment is not there before its init segment is', async () => {
  const { store, settled, uploader, until } = uploads();
  let arrive: () => void = () => undefined;
  const initialized = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const objects = [{ key: '0', kind: 'mediaSegment' as const, bytes: Buffer.from('media') }];
  await uploader.add({ sequence: 0, seconds: 2, initialized, objects });
  await until(() => store.waiting.has('0'));
  store.waiting.get('0')?.succeed();
  await new Promise((resolve) => setImmediate(resolve));
  expect(settled).toEqual([]);
  arrive();
  await until(() => settled.length === 1);
});

test.each([
  [1, 75, 150],
  [2, 150, 300],
  [5, 1_200, 2_400],
  [20, 2_000, 4_000],
])('after failure %d it waits between %d and %d ms', (attempt, least, most) => {
  expect(retryDelayMs(attempt, () => 0)).toBe(least);
  expect(retryDelayMs(attempt, () => 1)).toBe(most);
});
