import { hlsKeys } from '../../runtime/shared/media-layout';
import { stopEncoders } from '../ingest/support/encoder';
import { alignmentFaults } from './conformance';
import { BroadcastView, packetsOf } from './support/broadcast-view';
import { broadcastPicture, smallPicture } from './support/encoders';
import { type Packager, type Rig, startRig } from './support/rig';

jest.setTimeout(120_000);

let rig: Rig;
let packager: Packager;
let rtmpUrl: (key: string) => string;

beforeAll(async () => {
  rig = await startRig();
  const gate = await rig.startGate();
  packager = await rig.startPackager();
  rtmpUrl = (key) => `rtmp://127.0.0.1:${gate.rtmpPort}/live/${key}`;
}, 180_000);

afterEach(stopEncoders);
afterAll(() => rig?.stop());

test('a 720p broadcast becomes adaptive HLS: its own picture on top, smaller renditions beside it, one audio group', async () => {
  const { key, grant } = rig.allow({ dvrSeconds: 3_600 });
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const encoder = await broadcastPicture(rtmpUrl(key));
  const playlist = await view.until('five segments', ({ segments }) => segments.length >= 5);

  const { variants, audio } = await view.multivariant();
  expect(variants.map(({ uri, resolution }) => [uri, resolution])).toEqual([
    ['720p/live.m3u8', '1280x720'],
    ['480p/live.m3u8', '854x480'],
    ['360p/live.m3u8', '640x360'],
    ['audio/live.m3u8', undefined],
  ]);
  expect(audio).toEqual([{ groupId: 'audio', uri: 'audio/live.m3u8', language: undefined }]);
  expect(playlist.segments.map(({ seconds }) => seconds)).toEqual(playlist.segments.map(() => 2));
  expect(await view.faults()).toEqual([]);
  expect(await view.faults('event')).toEqual([]);

  const told = await rig.untilEvent(grant.streamId, 'packaging');
  expect(told).toMatchObject({ hasAudio: true, renditions: [{ name: '720p' }, { name: '480p' }, { name: '360p' }] });
  await rig.untilMetric(packager, 'headend_packager_source_bits_per_second', (rate) => rate > 1e6 && rate < 5e6);
  await rig.untilMetric(packager, 'headend_packager_key_frame_interval_seconds', (seconds) => seconds === 2);
  await rig.untilMetric(packager, 'headend_packager_av_offset_seconds', (seconds) => Math.abs(seconds) < 0.5);
  await rig.untilMetric(packager, 'headend_packager_encoder_cpu_seconds_total', (seconds) => seconds > 0.5);
  await encoder.stop();
});

test('every rendition of a segment begins with a key frame, at the same moment', async () => {
  const { key, grant } = rig.allow();
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const encoder = await broadcastPicture(rtmpUrl(key));
  await view.until('three segments', ({ segments }) => segments.length >= 3);
  const firstPackets = await Promise.all(
    ['720p', '480p', '360p'].map(async (rendition) => {
      const { segments } = await view.playlist(rendition);
      const segment = segments.find(({ sequence }) => sequence === 1);
      if (!segment) throw new Error(`${rendition} has no segment 1`);
      const packets = await packetsOf(await view.media(rendition, segment));
      expect(packets).toHaveLength(60);
      return packets[0];
    }),
  );
  expect(firstPackets.map((packet) => packet?.isKey)).toEqual([true, true, true]);
  expect(new Set(firstPackets.map((packet) => packet?.seconds.toFixed(2))).size).toBe(1);
  await encoder.stop();
});

test('objects carry the content type and the caching of their class', async () => {
  const { key, grant } = rig.allow();
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const encoder = await broadcastPicture(rtmpUrl(key), smallPicture);
  const { segments } = await view.until('a segment', (playlist) => playlist.segments.length >= 1);
  const [segment] = segments;
  const headers = async (objectKey: string) => {
    const { contentType, cacheControl } = await rig.bucket.get(objectKey);
    return [contentType, cacheControl];
  };
  const immutable = 'public, max-age=31536000, immutable';
  expect(await headers(view.key('480p', segment?.uri ?? ''))).toEqual(['video/iso.segment', immutable]);
  expect(await headers(view.key('480p', segment?.map ?? ''))).toEqual(['video/mp4', immutable]);
  const playlistType = 'application/vnd.apple.mpegurl';
  expect(await headers(hlsKeys.livePlaylist(view.at, '480p'))).toEqual([playlistType, 'public, max-age=1']);
  expect(await headers(hlsKeys.liveMultivariant(view.at))).toEqual([playlistType, 'public, max-age=2']);
  await encoder.stop();
});

test('a private broadcast lies below its own prefix, and nowhere else', async () => {
  const { key, grant } = rig.allow({ mediaAccess: 'signed' });
  const view = new BroadcastView(rig.bucket, grant.streamId, 'signed');
  const encoder = await broadcastPicture(rtmpUrl(key), { size: '640x360', kbps: 800 });
  await view.until('two segments', ({ segments }) => segments.length >= 2);
  expect(await view.faults()).toEqual([]);
  const keys = [...(await view.allKeys()), ...(await new BroadcastView(rig.bucket, grant.streamId).allKeys())];
  expect(keys.filter((each) => !each.startsWith('private/'))).toEqual([]);
  await encoder.stop();
});

test('an encoder that comes back within the grace goes on in the same playlists, after a discontinuity', async () => {
  const { key, grant } = rig.allow({ resumeGraceSeconds: 30 });
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const first = await broadcastPicture(rtmpUrl(key), smallPicture);
  const before = await view.until('three segments', ({ segments }) => segments.length >= 3);
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  const second = await broadcastPicture(rtmpUrl(key), smallPicture);
  const after = await view.until('segments after the return', ({ segments }) => {
    const returned = segments.findIndex(({ discontinuity }) => discontinuity);
    return returned > 0 && segments.length >= returned + 2;
  });
  expect(after.segments.slice(0, before.segments.length)).toEqual(before.segments);
  expect(after.segments.map(({ sequence }) => sequence)).toEqual(after.segments.map((_, index) => index));
  expect(after.segments.filter(({ discontinuity }) => discontinuity)).toHaveLength(1);
  expect(after.ended).toBe(false);
  expect(await view.faults()).toEqual([]);
  await second.stop();
});

test('a broadcast whose encoder says goodbye ends: ENDLIST on every playlist, the whole of it as a replay', async () => {
  const { key, grant } = rig.allow({ dvrSeconds: 60, resumeGraceSeconds: 30 });
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const encoder = await broadcastPicture(rtmpUrl(key), smallPicture);
  await view.until('three segments', ({ segments }) => segments.length >= 3);
  await encoder.stop();
  const live = await view.until('the end', ({ ended }) => ended, { deadlineMs: 15_000 });
  const replay = await view.until('the replay', ({ ended }) => ended, { kind: 'replay' });
  expect(replay.type).toBe('VOD');
  expect(replay.segments).toHaveLength(live.segments.length);
  expect(await view.faults('replay')).toEqual([]);
  const { variants } = await view.multivariant('dvr');
  expect(variants[0]?.uri).toBe('480p/replay.m3u8');
  const told = await rig.untilEvent(grant.streamId, 'packaging-ended');
  expect(told).toMatchObject({ segments: replay.segments.length });
});

test('an encoder that does not come back ends its broadcast when the grace is over, not before', async () => {
  const { key, grant } = rig.allow({ resumeGraceSeconds: 4 });
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const encoder = await broadcastPicture(rtmpUrl(key), smallPicture);
  await view.until('three segments', ({ segments }) => segments.length >= 3);
  process.kill(encoder.pid, 'SIGKILL');
  const killedAtMs = Date.now();
  await view.until('the end', ({ ended }) => ended, { deadlineMs: 20_000 });
  expect(Date.now() - killedAtMs).toBeGreaterThan(3_500);
  expect(await view.faults()).toEqual([]);
});

describe('alignment', () => {
  test('is found missing when a rendition lacks a segment', () => {
    const segment = {
      uri: '1.m4s',
      seconds: 2,
      sequence: 1,
      discontinuitySequence: 0,
      map: 'init.mp4',
      programDateTimeMs: 0,
      discontinuity: false,
      gap: false,
    };
    const playlist = { version: 7, targetSeconds: 2, type: undefined, ended: false, faults: [] };
    const faults = alignmentFaults({
      '720p': { ...playlist, segments: [segment, { ...segment, sequence: 2 }] },
      '480p': { ...playlist, segments: [segment] },
    });
    expect(faults).toEqual(['480p lacks segment 2 of 720p']);
  });
});
