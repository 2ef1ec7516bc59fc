import { Pace } from '../../../runtime/ingest/rtmp/pace';

/** The longest delay asked of an encoder that sends `seconds` of media at `speed` times real time. */
function longestDelayMs(speed: number, seconds: number): number {
  const pace = new Pace();
  const delays = Array.from({ length: seconds * 25 }, (_, index) => pace.delayMs(index * 40, (index * 40) / speed));
  return delays.reduce((longest, delay) => Math.max(longest, delay));
}

test.each([
  ['an encoder in time', 1, 7_200],
  ['a clock 1 % fast, for two hours', 1.01, 7_200],
  ['catching up after a stall', 50, 15],
])('%s is never held back', (_name, speed, seconds) => {
  expect(longestDelayMs(speed, seconds)).toBe(0);
});

test('a file pushed at once is held to a little more than real time', () => {
  const pace = new Pace();
  const minuteAtOnce = pace.delayMs(60_000, 0);
  expect(minuteAtOnce).toBe(60_000 / 1.25 - 15_000);
  expect(pace.delayMs(60_000, minuteAtOnce)).toBe(0);
});

test('media that run backwards cost nothing', () => {
  const pace = new Pace();
  pace.delayMs(10_000, 0);
  expect(pace.delayMs(0, 1)).toBe(0);
});
