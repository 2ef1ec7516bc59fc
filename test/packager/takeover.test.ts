import { runMediaTool } from '../../runtime/local/media-tools';
import { poll } from '../../runtime/local/poll';
import { hlsKeys } from '../../runtime/shared/media-layout';
import { parseStoryboard, spriteGrid } from '../../runtime/shared/storyboard';
import { stopEncoders } from '../ingest/support/encoder';
import { BroadcastView } from './support/broadcast-view';
import { broadcastPicture, smallPicture } from './support/encoders';
import { type Rig, startRig } from './support/rig';

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

test('when a packager is killed another goes on within ten seconds, without the encoder noticing and without a hole', async () => {
  const first = await rig.startPackager({ id: 'first' });
  const { key, grant } = rig.allow();
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const encoder = await broadcastPicture(rtmpUrl(key), smallPicture);
  await view.until('three segments', ({ segments }) => segments.length >= 3);
  const second = await rig.startPackager({ id: 'second' });
  process.kill(first.process.pid, 'SIGKILL');
  await first.process.exited;
  const killedAtMs = Date.now();
  const resumed = await view.until('segments of the second packager', ({ segments }) =>
    segments.some(({ discontinuity }) => discontinuity),
  );
  expect(Date.now() - killedAtMs).toBeLessThan(12_000);

  const after = await view.until('more of them', ({ segments }) => segments.length > resumed.segments.length + 2);
  expect(await view.faults()).toEqual([]);
  // The clock runs through: each segment begins where the one before it ended, also across the takeover.
  const holes = after.segments.slice(1).map((segment, index) => {
    const before = after.segments[index];
    return (segment.programDateTimeMs ?? 0) - (before?.programDateTimeMs ?? 0) - (before?.seconds ?? 0) * 1_000;
  });
  expect(Math.max(...holes.map(Math.abs))).toBeLessThanOrEqual(40);
  expect(encoder.output).toEqual([]);
  await encoder.stop();
  await view.until('the end', ({ ended }) => ended);
  await second.stop();
});

test('a packager that was frozen and comes back to life cannot write over its successor', async () => {
  const frozen = await rig.startPackager({ id: 'frozen' });
  const { key, grant } = rig.allow();
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const encoder = await broadcastPicture(rtmpUrl(key), smallPicture);
  await view.until('three segments', ({ segments }) => segments.length >= 3);
  process.kill(frozen.process.pid, 'SIGSTOP');
  const successor = await rig.startPackager({ id: 'successor' });
  const taken = await view.until('segments of the successor', ({ segments }) =>
    segments.some(({ discontinuity }) => discontinuity),
  );
  process.kill(frozen.process.pid, 'SIGCONT');
  const after = await view.until('more of them', ({ segments }) => segments.length > taken.segments.length + 3);
  const attempts = after.segments.map(({ uri }) => uri.split('/')[0]);
  // One change of hands, for good.
  expect(attempts.filter((attempt, index) => index > 0 && attempt !== attempts[index - 1])).toHaveLength(1);
  expect(await view.faults()).toEqual([]);
  expect(frozen.lines.some((line) => line.includes('was taken from us'))).toBe(true);
  await encoder.stop();
  await Promise.all([frozen.stop(), successor.stop()]);
});

test('a packager that is told to stop hands its broadcast on at once', async () => {
  const leaving = await rig.startPackager({ id: 'leaving' });
  const { key, grant } = rig.allow();
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const encoder = await broadcastPicture(rtmpUrl(key), smallPicture);
  await view.until('three segments', ({ segments }) => segments.length >= 3);
  const staying = await rig.startPackager({ id: 'staying' });
  const toldAtMs = Date.now();
  await leaving.stop();
  await view.until('segments of the other', ({ segments }) => segments.some(({ discontinuity }) => discontinuity));
  expect(Date.now() - toldAtMs).toBeLessThan(8_000);
  expect(await view.faults()).toEqual([]);
  await encoder.stop();
  await staying.stop();
});

test('the storyboard goes on when a packager hands over, and in the end covers the presentation without a hole', async () => {
  const leaving = await rig.startPackager({ id: 'drawing' });
  const { key, grant } = rig.allow();
  const view = new BroadcastView(rig.bucket, grant.streamId);
  const encoder = await broadcastPicture(rtmpUrl(key), smallPicture);
  const storyboard = () => rig.bucket.text(hlsKeys.storyboard(view.at));
  await poll(storyboard, { what: 'a first picture', deadlineMs: 30_000, intervalMs: 200 });
  await view.until('three segments', ({ segments }) => segments.length >= 3);
  const staying = await rig.startPackager({ id: 'drawing-on' });
  await leaving.stop();
  await view.until('segments of the other', ({ segments }) => segments.some(({ discontinuity }) => discontinuity));
  await encoder.stop();
  await view.until('the end', ({ ended }) => ended);

  const { text, cues } = await poll(
    async () => {
      const read = await storyboard();
      const found = parseStoryboard(read);
      if (!found.every(({ tile }) => tile)) throw new Error(`it is ${read}`);
      return { text: read, cues: found };
    },
    { what: 'the completed storyboard', deadlineMs: 20_000, intervalMs: 200 },
  );
  const { segments } = await view.playlist('480p', 'replay');
  expect(cues.length).toBeGreaterThanOrEqual(2);
  expect(cues.some(({ sequence }) => segments[sequence]?.discontinuity)).toBe(true);
  const startOf = (sequence: number) => segments.slice(0, sequence).reduce((sum, { seconds }) => sum + seconds, 0);
  for (const { sequence, startSeconds } of cues) expect(startSeconds).toBeCloseTo(startOf(sequence), 2);
  const times = [...text.matchAll(/^(\S+) --> (\S+)$/gm)].map(([, start = '', end = '']) => ({ start, end }));
  expect(times[0]?.start).toBe('00:00:00.000');
  expect(times.slice(1).map(({ start }) => start)).toEqual(times.slice(0, -1).map(({ end }) => end));
  const [minutes = 0, seconds = 0] = times.at(-1)?.end.split(':').slice(1).map(Number) ?? [];
  expect(minutes * 60 + seconds).toBeCloseTo(startOf(segments.length), 2);

  const sheet = await rig.bucket.get(`${hlsKeys.thumbnails(view.at)}${cues[0]?.image}`);
  expect(sheet.contentType).toBe('image/jpeg');
  const size = ['-v', 'error', '-show_entries', 'stream=codec_name,width,height', '-of', 'csv=p=0', 'pipe:0'];
  const { columns, rows, tileWidth, tileHeight } = spriteGrid;
  expect((await runMediaTool('ffprobe', size, sheet.body)).stdout.toString().trim()).toBe(
    `mjpeg,${columns * tileWidth},${rows * tileHeight}`,
  );
  await staying.stop();
});
