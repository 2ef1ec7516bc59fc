import { stopEncoders } from '../ingest/support/encoder';
import { BroadcastView } from './support/broadcast-view';
import { broadcastPicture, smallPicture } from './support/encoders';
import { type Rig, startRig } from './support/rig';
import { startWeakLink, type WeakLink } from './support/weak-link';

jest.setTimeout(200_000);

let rig: Rig;
let link: WeakLink;
let rtmpUrl: (key: string) => string;

beforeAll(async () => {
  rig = await startRig();
  link = await startWeakLink(rig.s3);
  const gate = await rig.startGate();
  rtmpUrl = (key) => `rtmp://127.0.0.1:${gate.rtmpPort}/live/${key}`;
}, 180_000);

afterEach(stopEncoders);
afterAll(async () => {
  await rig?.stop();
  await link?.stop();
});

afterEach(() => link.set('open'));

const dateHoles = (segments: readonly { readonly programDateTimeMs: number | undefined; readonly seconds: number }[]) =>
  segments.slice(1).map((segment, index) => {
    const before = segments[index];
    return (segment.programDateTimeMs ?? 0) - (before?.programDateTimeMs ?? 0) - (before?.seconds ?? 0) * 1_000;
  });

test.each(['refusing', 'silent'] as const)('storage that is %s for a while costs no segment', async (state) => {
  const packager = await rig.startPackager({ environment: { S3_ENDPOINT: link.url } });
  const { key, grant } = rig.allow({ dvrSeconds: 600 });
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const encoder = await broadcastPicture(rtmpUrl(key), smallPicture);
  const before = await view.until('three segments', ({ segments }) => segments.length >= 3);
  link.set(state);
  await rig.untilBehind(packager, 12);
  expect((await view.playlist('480p')).segments.length).toBeLessThanOrEqual(before.segments.length + 2);
  link.set('open');
  const after = await view.until('catching up', ({ segments }) => segments.length >= before.segments.length + 8, {
    kind: 'event',
    deadlineMs: 30_000,
  });
  expect(after.segments.some(({ gap }) => gap)).toBe(false);
  expect(Math.max(...dateHoles(after.segments).map(Math.abs))).toBeLessThanOrEqual(2);
  expect(await view.faults()).toEqual([]);
  await encoder.stop();
  await packager.stop();
});

test('storage away for longer than the spool holds costs the oldest media, counted and tagged as a gap', async () => {
  const packager = await rig.startPackager({ environment: { S3_ENDPOINT: link.url, SPOOL_SECONDS: '10' } });
  const { key, grant } = rig.allow({ dvrSeconds: 600 });
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const encoder = await broadcastPicture(rtmpUrl(key), smallPicture);
  const before = await view.until('three segments', ({ segments }) => segments.length >= 3);
  link.set('refusing');
  await rig.untilMetric(packager, 'headend_packager_dropped_segments_total', (dropped) => dropped >= 2);
  link.set('open');
  const after = await view.until('catching up', ({ segments }) => segments.length >= before.segments.length + 10, {
    kind: 'event',
  });
  const gaps = after.segments.filter(({ gap }) => gap).map(({ sequence }) => sequence);
  expect(gaps.length).toBeGreaterThanOrEqual(2);
  // One stretch: the oldest of what was not uploaded.
  expect(gaps).toEqual(gaps.map((_, index) => (gaps[0] ?? 0) + index));
  expect(await view.faults()).toEqual([]);
  await encoder.stop();
  await packager.stop();
});
