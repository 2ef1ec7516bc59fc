import { Governor, type GovernorInput } from '../../runtime/packager/health/governor';
import { Pace } from '../../runtime/packager/health/pace';

const inTime: GovernorInput = { nowMs: 0, lagSeconds: 3, realTimeFactor: 1, canDrop: true, droppedRungs: 0 };
const late: GovernorInput = { ...inTime, lagSeconds: 12, realTimeFactor: 0.8 };

function governorFrom(startMs: number): Governor {
  const governor = new Governor();
  governor.began(startMs);
  return governor;
}

test('an encoder that falls behind gives up a rung, once it had time to settle', () => {
  const governor = governorFrom(0);
  expect(governor.judge({ ...late, nowMs: 10_000 })).toBe('keep');
  expect(governor.judge({ ...late, nowMs: 16_000 })).toBe('drop-rung');
});

test('one that is late but catching up keeps its rungs', () => {
  expect(governorFrom(0).judge({ ...late, realTimeFactor: 1.3, nowMs: 20_000 })).toBe('keep');
});

test('the last rung stays', () => {
  expect(governorFrom(0).judge({ ...late, canDrop: false, nowMs: 20_000 })).toBe('keep');
});

test('a rung comes back after two minutes in good time, and not sooner', () => {
  const governor = governorFrom(0);
  const dropped = { ...inTime, droppedRungs: 1 };
  expect(governor.judge({ ...dropped, nowMs: 20_000 })).toBe('keep');
  expect(governor.judge({ ...dropped, nowMs: 139_000 })).toBe('keep');
  expect(governor.judge({ ...dropped, nowMs: 140_000 })).toBe('raise-rung');
});

test('a rung that failed again is tried half as often', () => {
  const governor = governorFrom(0);
  governor.judge({ ...inTime, droppedRungs: 1, nowMs: 20_000 });
  expect(governor.judge({ ...inTime, droppedRungs: 1, nowMs: 140_000 })).toBe('raise-rung');
  governor.began(141_000);
  expect(governor.judge({ ...late, nowMs: 160_000 })).toBe('drop-rung');
  governor.began(161_000);
  governor.judge({ ...inTime, droppedRungs: 1, nowMs: 180_000 });
  expect(governor.judge({ ...inTime, droppedRungs: 1, nowMs: 301_000 })).toBe('keep');
  expect(governor.judge({ ...inTime, droppedRungs: 1, nowMs: 420_000 })).toBe('raise-rung');
});

test('with all rungs there is nothing to raise', () => {
  const governor = governorFrom(0);
  governor.judge({ ...inTime, nowMs: 20_000 });
  expect(governor.judge({ ...inTime, nowMs: 900_000 })).toBe('keep');
});

describe('pace', () => {
  test('a replay that is being caught up is not mistaken for slowness', () => {
    const pace = new Pace();
    // Fifteen seconds of spool arrive at once, then live.
    for (let second = 0; second <= 15; second += 1) pace.input(second * 1_000, 100_000);
    pace.output(2_000, 100_500);
    expect(pace.lagSeconds(100_500)).toBeCloseTo(13.5);
    for (let second = 1; second <= 8; second += 1) pace.output(2_000 + second * 2_500, 100_500 + second * 1_000);
    expect(pace.realTimeFactor).toBeCloseTo(2.5);
    expect(pace.lagSeconds(108_500)).toBeCloseTo(1.5);
  });

  test('a broadcaster’s clock that is 1 % slow is no lag of ours', () => {
    const pace = new Pace();
    for (let second = 0; second <= 3_600; second += 1) {
      pace.input(second * 990, second * 1_000);
      pace.output(second * 990 - 600, second * 1_000);
    }
    expect(pace.lagSeconds(3_600_000)).toBeLessThan(1);
  });

  test('an encoder at 0.8 shows', () => {
    const pace = new Pace();
    for (let second = 0; second <= 60; second += 1) {
      // What it does not take is not read from the feed either.
      pace.input(second * 800, second * 1_000);
      pace.output(second * 800, second * 1_000);
    }
    expect(pace.realTimeFactor).toBeCloseTo(0.8);
    expect(pace.lagSeconds(60_000)).toBeGreaterThan(10);
  });
});
