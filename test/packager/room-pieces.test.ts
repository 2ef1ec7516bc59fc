import { AudioRing } from '../../runtime/packager/sources/room/audio-ring';
import { ConstantRateClock } from '../../runtime/packager/sources/room/constant-rate-clock';
import { FrameQueue } from '../../runtime/packager/sources/room/frame-queue';
import { fitInto, type Picture, slate } from '../../runtime/packager/sources/room/i420';

describe('the clock', () => {
  test('gives exactly as many frames and samples as time has passed, however it is asked', () => {
    const clock = new ConstantRateClock(500, 30, 48_000);
    let frames = 0;
    let samples = 0;
    for (let nowMs = 500; nowMs <= 60_500; nowMs += 7.3) {
      const due = clock.advance(nowMs);
      frames += due.frames;
      samples += due.samples;
    }
    const last = clock.advance(60_500);
    expect(frames + last.frames).toBe(1_800);
    expect(samples + last.samples).toBe(2_880_000);
  });

  test('leaves out the time that nothing could be taken in', () => {
    const clock = new ConstantRateClock(0, 30, 48_000);
    clock.advance(1_000);
    clock.skip(2_000);
    expect(clock.advance(3_500).frames).toBe(15);
  });
});

describe('the audio ring', () => {
  const tone = (count: number, value = 1) => new Int16Array(count).fill(value);

  test('is silent until it holds its depth, and then gives what came', () => {
    const ring = new AudioRing(100);
    ring.push(tone(60));
    expect([...ring.take(10)]).toEqual([...tone(10, 0)]);
    ring.push(tone(60));
    expect([...ring.take(10)]).toEqual([...tone(10)]);
  });

  test('gives silence where it runs dry', () => {
    const ring = new AudioRing(10);
    ring.push(tone(10));
    expect([...ring.take(15)]).toEqual([...tone(10), ...tone(5, 0)]);
  });

  test('comes back to its depth when more is held for long', () => {
    const ring = new AudioRing(100);
    ring.push(tone(300));
    for (let turn = 0; turn < 250; turn += 1) {
      ring.take(10);
      ring.push(tone(10));
    }
    expect(ring.heldSamples).toBeLessThanOrEqual(110);
  });

  test('drops what was never needed, and no more, though audio comes in bursts', () => {
    const ring = new AudioRing(100);
    ring.push(tone(300));
    let leastHeld = Infinity;
    for (let turn = 0; turn < 250; turn += 1) {
      if (turn % 4 === 0) ring.push(tone(40));
      if (turn >= 150) leastHeld = Math.min(leastHeld, ring.heldSamples);
      ring.take(10);
    }
    expect(leastHeld).toBe(100);
  });
});

describe('the frame queue', () => {
  const picture = (value: number): Picture => ({ width: 2, height: 2, data: new Uint8Array(6).fill(value) });

  test('shows each frame after the delay, the newest that is due', () => {
    const queue = new FrameQueue(50);
    queue.push(picture(1), 0);
    queue.push(picture(2), 10);
    queue.push(picture(3), 100);
    expect(queue.pick(40)).toBeUndefined();
    expect(queue.pick(60)?.data[0]).toBe(2);
    expect(queue.pick(149)?.data[0]).toBe(2);
    expect(queue.pick(150)?.data[0]).toBe(3);
  });

  test('counts the frames that a newer one replaced unseen', () => {
    const queue = new FrameQueue(50);
    for (const [value, atMs] of [
      [1, 0],
      [2, 10],
      [3, 20],
      [4, 100],
    ] as const) {
      queue.push(picture(value), atMs);
    }
    queue.pick(75);
    queue.pick(80);
    queue.pick(150);
    expect([queue.takeDropped(), queue.takeDropped()]).toEqual([2, 0]);
  });

  test('shows nothing when the newest is older than a second', () => {
    const queue = new FrameQueue(50);
    queue.push(picture(1), 0);
    expect(queue.pick(1_000)?.data[0]).toBe(1);
    expect(queue.pick(1_051)).toBeUndefined();
  });
});

describe('fitting a picture', () => {
  test('scales every plane', () => {
    const data = new Uint8Array(6);
    data.set([10, 20, 30, 40, 50, 60]);
    const fitted = fitInto({ width: 2, height: 2, data }, 4, 4);
    expect([...fitted.data.subarray(0, 16)]).toEqual([10, 10, 20, 20, 10, 10, 20, 20, 30, 30, 40, 40, 30, 30, 40, 40]);
    expect([...fitted.data.subarray(16)]).toEqual([50, 50, 50, 50, 60, 60, 60, 60]);
  });

  test('puts bars beside a picture of another shape', () => {
    const white: Picture = { width: 2, height: 4, data: new Uint8Array(12).fill(255) };
    const fitted = fitInto(white, 8, 4);
    const background = slate(8, 4).data[0];
    expect([...fitted.data.subarray(0, 8)]).toEqual([
      background,
      background,
      255,
      255,
      background,
      background,
      background,
      background,
    ]);
  });
});
