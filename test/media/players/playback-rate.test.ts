import { playbackRate } from '../../../runtime/web/app/src/player/latency';

const late = { latency: 7.5, buffered: 5, headroom: 4, sinceStall: 60 };

test('a viewer who is late catches up within some twenty seconds, and no faster than one does not hear', () => {
  expect(playbackRate(late)).toBeCloseTo(1.05);
  expect(playbackRate({ ...late, latency: 20 })).toBe(1.08);
});

test.each([
  ['close enough', { latency: 6.5 }],
  ['short of buffered media', { buffered: 3 }],
  ['short of bandwidth', { headroom: 1.5 }],
  ['fresh from a stall', { sinceStall: 30 }],
  ['watching what is not live', { latency: 0 }],
])('a viewer who is %s plays as it was filmed', (_what, moment) => {
  expect(playbackRate({ ...late, ...moment })).toBe(1);
});
