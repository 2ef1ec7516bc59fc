import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import { runMediaTool } from '../../runtime/local/media-tools';
import { poll } from '../../runtime/local/poll';
import { recordingKeys, retentionTag } from '../../runtime/shared/media-layout';
import { stopEncoders } from '../ingest/support/encoder';
import { BroadcastView } from './support/broadcast-view';
import { broadcastPicture, smallPicture } from './support/encoders';
import { bucketOf, clientOf, type Rig, startRig } from './support/rig';

jest.setTimeout(120_000);

let rig: Rig;
let rtmpUrl: (key: string) => string;

beforeAll(async () => {
  rig = await startRig();
  const gate = await rig.startGate();
  rtmpUrl = (key) => `rtmp://127.0.0.1:${gate.rtmpPort}/live/${key}`;
}, 180_000);

afterEach(stopEncoders);
afterAll(() => rig?.stop());

const recordingOf = (streamId: string) =>
  poll(
    async () => {
      const event = rig.events(streamId).find(({ type }) => type.startsWith('recording-'));
      if (event?.type !== 'recording-ready') throw new Error(`it is ${JSON.stringify(event)}`);
      return event;
    },
    { what: 'the recording', deadlineMs: 40_000, intervalMs: 200 },
  );

interface Probe {
  readonly format: { readonly duration: string };
  readonly streams: readonly { readonly codec_type: string; readonly start_time: string; readonly duration: string }[];
}

async function probe(file: Buffer): Promise<Probe & { readonly isFastStart: boolean }> {
  const directory = await mkdtemp(join(tmpdir(), 'headend-recording-'));
  const path = join(directory, 'recording.mp4');
  writeFileSync(path, file);
  const { stdout } = await runMediaTool('ffprobe', [
    ...['-v', 'error', '-show_entries', 'format=duration:stream=codec_type,start_time,duration', '-of', 'json', path],
  ]);
  await rm(directory, { recursive: true });
  return { ...(JSON.parse(stdout.toString()) as Probe), isFastStart: file.indexOf('moov') < file.indexOf('mdat') };
}

test('an ended broadcast becomes one MP4 of its whole length, over a reconnect, with poster, description and retention', async () => {
  const packager = await rig.startPackager();
  const { key, grant } = rig.allow({ record: true, retentionDays: 180, resumeGraceSeconds: 30 });
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const first = await broadcastPicture(rtmpUrl(key));
  const before = await view.until('three segments', ({ segments }) => segments.length >= 3);
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  // Another encoder with another picture: the recording must hold both.
  const second = await broadcastPicture(rtmpUrl(key), { size: '854x480', rate: 25 });
  await view.until('segments after the return', ({ segments }) => segments.length >= before.segments.length + 4);
  await second.stop();
  const { segments } = await view.until('the end', ({ ended }) => ended);
  const length = segments.reduce((sum, { seconds }) => sum + seconds, 0);

  const event = await recordingOf(grant.streamId);
  expect(event.durationSeconds).toBeCloseTo(length, 1);
  const client = clientOf(rig.s3);
  const bucket = bucketOf(client, rig.s3.recordingsBucket);
  const stored = await bucket.get(recordingKeys.recording(view.at));
  expect(stored.contentType).toBe('video/mp4');
  expect(stored.body.length).toBe(event.bytes);
  const probed = await probe(stored.body);
  expect(probed.isFastStart).toBe(true);
  expect(probed.streams.map(({ codec_type }) => codec_type).sort()).toEqual(['audio', 'video']);
  // To within a segment.
  expect(Math.abs(Number(probed.format.duration) - length)).toBeLessThan(2);
  const starts = probed.streams.map(({ start_time }) => Number(start_time));
  expect(Math.abs((starts[0] ?? 0) - (starts[1] ?? 0))).toBeLessThan(0.2);

  const tags = await client.send(
    new GetObjectTaggingCommand({ Bucket: rig.s3.recordingsBucket, Key: recordingKeys.recording(view.at) }),
  );
  expect(tags.TagSet).toEqual([{ Key: retentionTag, Value: '180' }]);
  expect((await bucket.get(recordingKeys.poster(view.at))).contentType).toBe('image/jpeg');
  const metadata = JSON.parse(await bucket.text(recordingKeys.metadata(view.at))) as { parts: unknown[] };
  expect(metadata).toMatchObject({ streamId: grant.streamId, width: 1280, height: 720, retentionDays: 180 });
  expect(metadata.parts).toHaveLength(2);
  client.destroy();
  await packager.stop();
});

test('a recording whose packager is killed is made by another', async () => {
  const packager = await rig.startPackager({ id: 'no-recordings', environment: { RECORDING_SLOTS: '0' } });
  const { key, grant } = rig.allow({ record: true });
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const encoder = await broadcastPicture(rtmpUrl(key), smallPicture);
  await view.until('three segments', ({ segments }) => segments.length >= 3);
  await encoder.stop();
  await view.until('the end', ({ ended }) => ended);
  // A job that began and died: its lease is still there, and nobody renews it.
  await rig.redis.set(`broadcast:{${grant.streamId}}:recording-lease`, 'dead', 'PX', 3_000);
  const other = await rig.startPackager({ id: 'other' });
  await recordingOf(grant.streamId);
  await packager.stop();
  await other.stop();
});
