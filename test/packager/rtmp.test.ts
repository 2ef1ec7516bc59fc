import { poll } from '../../runtime/local/poll';
import { hlsKeys } from '../../runtime/shared/media-layout';
import { startEncoder } from '../ingest/support/encoder';
import { type Rig, region, startRig } from './support/rig';

jest.setTimeout(180_000);

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 180_000);
afterAll(() => rig?.stop());

test('an RTMP broadcast becomes adaptive HLS in storage', async () => {
  const gate = await rig.startGate();
  const packager = await rig.startPackager();
  const { key, grant } = rig.allow({ record: false, dvrSeconds: 3600 });
  const encoder = await startEncoder(`rtmp://127.0.0.1:${gate.rtmpPort}/live/${key}`, {
    inputs: [
      '-re',
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=1280x720:rate=30',
      '-re',
      '-f',
      'lavfi',
      '-i',
      'sine=frequency=440:sample_rate=48000',
    ],
    coding: [
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-pix_fmt',
      'yuv420p',
      '-bf',
      '0',
      '-g',
      '60',
      '-b:v',
      '3M',
      '-c:a',
      'aac',
    ],
  });
  const at = { region, streamId: grant.streamId };
  try {
    await poll(
      async () => {
        const text = await rig.bucket.text(hlsKeys.livePlaylist(at, '720p'));
        if ((text.match(/EXTINF/g) ?? []).length < 4) throw new Error('few segments');
      },
      { what: 'four segments', deadlineMs: 40_000 },
    );
  } catch (e) {
    console.log(gate.lines.slice(-10).join('\n'), packager.lines.join('\n'), encoder.output.join('\n'));
    throw e;
  }
  await encoder.stop();
  console.log(
    await rig.bucket.text(hlsKeys.liveMultivariant(at)),
    await rig.bucket.text(hlsKeys.livePlaylist(at, '480p')),
    await rig.bucket.text(hlsKeys.livePlaylist(at, 'audio')),
    await rig.bucket.list(hlsKeys.root(at)),
    JSON.stringify(rig.events(grant.streamId)),
    packager.lines.join('\n'),
  );
});
