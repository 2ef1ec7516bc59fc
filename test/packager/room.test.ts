import { type PrivateLiveKit, startLiveKit } from '../../runtime/local/testing';
import { stopEncoders } from '../ingest/support/encoder';
import { BroadcastView } from './support/broadcast-view';
import { broadcastByWhip } from './support/encoders';
import { type Packager, type Rig, startRig } from './support/rig';

jest.setTimeout(150_000);

/** One rendition: what is tested does not need more. */
const small = { size: '640x360', kbps: 800 };

let livekit: PrivateLiveKit;
let rig: Rig;
let packager: Packager;
let whipUrl: string;

beforeAll(async () => {
  livekit = await startLiveKit();
  rig = await startRig(livekit);
  const gate = await rig.startGate();
  packager = await rig.startPackager();
  whipUrl = `${gate.url}/whip`;
}, 900_000);

afterEach(stopEncoders);
afterAll(async () => {
  await rig?.stop();
  await livekit?.stop();
});

test('a WHIP broadcast becomes the same adaptive HLS, every segment exactly two seconds', async () => {
  const { key, grant } = rig.allow();
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const encoder = await broadcastByWhip(whipUrl, key);
  const { segments } = await view.until('four segments', (playlist) => playlist.segments.length >= 4, {
    deadlineMs: 90_000,
  });
  const { variants } = await view.multivariant();
  expect(variants.map(({ uri }) => uri)).toEqual([
    '720p/live.m3u8',
    '480p/live.m3u8',
    '360p/live.m3u8',
    'audio/live.m3u8',
  ]);
  expect(segments.map(({ seconds }) => seconds)).toEqual(segments.map(() => 2));
  expect(await view.faults()).toEqual([]);
  await encoder.stop();
  await view.until('the end', ({ ended }) => ended, { deadlineMs: 20_000 });
});

test('a WHIP encoder that vanishes and returns leaves slate, and no discontinuity', async () => {
  const { key, grant } = rig.allow({ resumeGraceSeconds: 60, onSecondPublisher: 'take-over' });
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const first = await broadcastByWhip(whipUrl, key, small);
  const before = await view.until('three segments', ({ segments }) => segments.length >= 3);
  process.kill(first.pid, 'SIGKILL');
  await view.until('slate', ({ segments }) => segments.length >= before.segments.length + 3);
  const second = await broadcastByWhip(whipUrl, key, small);
  const after = await view.until('more', ({ segments }) => segments.length >= before.segments.length + 7);
  expect(after.segments.some(({ discontinuity }) => discontinuity)).toBe(false);
  expect(await view.faults()).toEqual([]);
  for (const kind of ['arrived', 'slate']) {
    await rig.untilMetric(packager, `headend_packager_room_frames_total{kind="${kind}"`, (frames) => frames > 30);
  }
  await second.stop();
});

// The last one: it takes LiveKit away.
test('when LiveKit dies the broadcast goes on with slate', async () => {
  const { key, grant } = rig.allow();
  const view = new BroadcastView(rig.bucket, grant.streamId);
  await broadcastByWhip(whipUrl, key, small);
  const before = await view.until('three segments', ({ segments }) => segments.length >= 3);
  await livekit.stop();
  const after = await view.until('slate', ({ segments }) => segments.length >= before.segments.length + 5);
  expect(after.segments.some(({ discontinuity }) => discontinuity)).toBe(false);
  expect(after.ended).toBe(false);
  expect(await view.faults()).toEqual([]);
});
