import fc from 'fast-check';
import { Timeline, type TrackName } from '../../../runtime/ingest/rtmp/timeline';

/** Places video at 25 fps with the given encoder times, each arriving when the session's clock says. */
function placeAll(raw: readonly number[], arrivals: readonly number[] = raw.map((_, index) => index * 40)): number[] {
  const timeline = new Timeline();
  return raw.map((time, index) => timeline.place('video', time, arrivals[index] ?? 0));
}

test.each<[string, number[], number[] | undefined, number[]]>([
  ['begins at 0 wherever the encoder does', [5_000, 5_040], undefined, [0, 40]],
  ['goes through the wrap at 2³²', [2 ** 32 - 40, 0, 40], undefined, [0, 40, 80]],
  ['keeps small steps back from running backwards', [0, 40, 20, 80], undefined, [0, 40, 40, 80]],
  ['closes a jump ahead', [0, 40, 600_040, 600_080], undefined, [0, 40, 73, 113]],
  ['closes a jump back', [600_000, 600_040, 0, 40], undefined, [0, 40, 73, 113]],
  ['keeps a gap as long as the encoder’s silence', [0, 40, 20_040], [0, 40, 20_540], [0, 40, 20_040]],
  ['keeps a gap of a few seconds', [0, 40, 4_040], undefined, [0, 40, 4_040]],
  ['takes media late but in one piece after a stall', [0, 40, 80, 120], [0, 40, 9_000, 9_001], [0, 40, 80, 120]],
])('%s', (_name, raw, arrivals, expected) => {
  expect(placeAll(raw, arrivals)).toEqual(expected);
});

test('places the second track where the encoder has it against the first', () => {
  const timeline = new Timeline();
  timeline.place('video', 10_000, 0);
  expect(timeline.place('audio', 10_021, 1)).toBe(21);
  expect(timeline.place('audio', 10_044, 2)).toBe(44);
});

test('gives both tracks of a jump one correction, so that they stay in step', () => {
  const timeline = new Timeline();
  const both = (ms: number, at: number) => [timeline.place('video', ms, at), timeline.place('audio', ms + 10, at)];
  expect(both(0, 0)).toEqual([0, 10]);
  expect(both(40, 40)).toEqual([40, 50]);
  const [video = 0, audio = 0] = both(9_000_000, 80);
  expect(audio - video).toBe(10);
  expect(timeline.repaired).toBe(2);
});

test('never runs backwards on a track and never leaves the present by more than what came, for any timestamps', () => {
  const message = fc.record({
    track: fc.constantFrom<TrackName>('audio', 'video'),
    raw: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    waitMs: fc.nat({ max: 3_000 }),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 200 }), (messages) => {
      const timeline = new Timeline();
      const last = { audio: 0, video: 0 };
      let now = 0;
      for (const { track, raw, waitMs } of messages) {
        now += waitMs;
        const placed = timeline.place(track, raw, now);
        if (placed < last[track] || !Number.isInteger(placed)) return false;
        last[track] = placed;
      }
      // 5 s a message is the longest step that needs no explanation.
      return Math.max(last.audio, last.video) <= messages.length * 5_000 + now + 1_000;
    }),
  );
});
