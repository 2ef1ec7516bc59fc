import { batchWindowMs, RateMeter } from '../../../runtime/chat/room/cadence';

describe('the batch window', () => {
  it.each([
    { members: 50, eventsPerSecond: 20, windowMs: 0 },
    { members: 5_000, eventsPerSecond: 0.2, windowMs: 0 },
    { members: 1_000, eventsPerSecond: 20, windowMs: 100 },
    { members: 5_000, eventsPerSecond: 20, windowMs: 250 },
    { members: 100_000, eventsPerSecond: 50, windowMs: 250 },
  ])('is $windowMs ms for $members members at $eventsPerSecond events a second', ({ windowMs, ...load }) => {
    expect(batchWindowMs(load)).toBe(windowMs);
  });

  it('never shrinks as a room grows', () => {
    const windows = Array.from({ length: 200 }, (_, n) => batchWindowMs({ members: n * 100, eventsPerSecond: 30 }));
    expect(windows).toEqual([...windows].sort((a, b) => a - b));
  });
});

describe('the rate meter', () => {
  it('tells a steady rate', () => {
    const meter = new RateMeter();
    let now = 10_000;
    for (; now < 14_000; now += 50) meter.count(now);
    expect(meter.perSecond(now)).toBeCloseTo(20, 0);
  });

  it('forgets what is two seconds old', () => {
    const meter = new RateMeter();
    for (let n = 0; n < 100; n += 1) meter.count(10_000);
    expect(meter.perSecond(12_100)).toBe(0);
  });
});
