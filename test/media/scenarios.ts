import assert from 'node:assert/strict';
import type { PublishGrant } from '../../runtime/shared/broadcast';
import { type Encoder, startEncoder } from '../ingest/support/encoder';
import { BroadcastView } from '../packager/support/broadcast-view';
import { broadcastByWhip, broadcastPicture, type Picture } from '../packager/support/encoders';
import { decodingComplaints, flashAndBeep, measureOffset, playbackComplaints } from './support/playback';
import type { Scenario, Stage } from './support/scenario';

type Plan = {
  readonly renditions: readonly string[];
  readonly copied: boolean | undefined;
  readonly hints: readonly string[];
};

/** A broadcast with this picture is packaged, ends and plays through; `check` sees what was announced of it. */
function pictureScenario(
  name: string,
  expected: string,
  picture: Picture,
  check: (view: BroadcastView, plan: Plan) => Promise<string>,
): Scenario {
  return {
    name,
    expected,
    play: (stage) => playThrough(stage, (url) => broadcastPicture(url, picture), check),
  };
}

async function playThrough(
  stage: Stage,
  start: (url: string) => Promise<Encoder>,
  check: (view: BroadcastView, plan: Plan) => Promise<string>,
  { segments = 5, grant: overrides = {} }: { segments?: number; grant?: Partial<PublishGrant> } = {},
): Promise<string> {
  const { key, grant } = stage.allow({ dvrSeconds: 3_600, ...overrides });
  const view = new BroadcastView(stage.bucket, grant.streamId);
  const encoder = await start(stage.rtmpUrl(key));
  try {
    await view.until(`${segments} segments`, (playlist) => playlist.segments.length >= segments, {
      deadlineMs: 60_000,
    });
    const plan = await planOf(stage, grant.streamId);
    await encoder.stop();
    await view.until('the end', ({ ended }) => ended, { deadlineMs: 30_000 });
    assert.deepEqual(await view.faults(), []);
    assert.deepEqual(await view.faults('replay'), []);
    const found = await check(view, plan);
    for (const rendition of await view.renditions()) assert.deepEqual(await decodingComplaints(view, rendition), []);
    const { segments: listed } = await view.playlist('audio', 'replay');
    if (!listed.some(({ discontinuity }) => discontinuity)) {
      assert.deepEqual(await playbackComplaints(stage.presentationUrl(view, 'dvr')), []);
    }
    return found;
  } finally {
    await encoder.stop();
  }
}

async function planOf(stage: Stage, streamId: string): Promise<Plan> {
  const { renditions } = await stage.untilEvent(streamId, 'packaging');
  const { health } = await stage.untilEvent(streamId, 'health');
  return { renditions: renditions.map(({ name }) => name), copied: health.copied, hints: health.hints };
}

const says = (plan: Plan, pattern: RegExp) =>
  assert.ok(
    plan.hints.some((hint) => pattern.test(hint)),
    `no hint like ${pattern} among ${JSON.stringify(plan.hints)}`,
  );

const longestOf = async (view: BroadcastView) =>
  Math.max(...(await view.playlist((await view.renditions())[0] ?? '')).segments.map(({ seconds }) => seconds));

export const scenarios: readonly Scenario[] = [
  pictureScenario('720p, key frame every 2 s', 'top copied, two smaller rungs', {}, async (_view, plan) => {
    assert.equal(plan.copied, true);
    assert.deepEqual(plan.renditions, ['720p', '480p', '360p']);
    return plan.renditions.join(' ');
  }),
  pictureScenario('1080p', 'four rungs, top copied', { size: '1920x1080', kbps: 4_500 }, async (_view, plan) => {
    assert.equal(plan.copied, true);
    assert.deepEqual(plan.renditions, ['1080p', '720p', '480p', '360p']);
    return plan.renditions.join(' ');
  }),
  pictureScenario('360p', 'one rung, never upscaled', { size: '640x360', kbps: 700 }, async (view, plan) => {
    assert.deepEqual(plan.renditions, ['360p']);
    const { variants } = await view.multivariant();
    assert.deepEqual(
      variants.map(({ resolution }) => resolution),
      ['640x360', undefined],
    );
    return '640x360 and audio';
  }),
  pictureScenario('upright picture', 'rungs by the short side', { size: '720x1280' }, async (view) => {
    const { variants } = await view.multivariant();
    assert.deepEqual(
      variants.map(({ resolution }) => resolution),
      ['720x1280', '480x854', '360x640', undefined],
    );
    return variants.map(({ resolution }) => resolution ?? 'audio').join(' ');
  }),
  pictureScenario('B-frames', 'transcoded, with the reason', { bFrames: 3 }, async (_view, plan) => {
    assert.equal(plan.copied, false);
    says(plan, /B-frames/);
    return plan.hints[0] ?? '';
  }),
  pictureScenario('key frame every 10 s', 'transcoded to 2 s segments', { group: 300 }, async (view, plan) => {
    assert.equal(plan.copied, false);
    says(plan, /key-frame interval/);
    assert.ok((await longestOf(view)) <= 2.05);
    return `longest segment ${(await longestOf(view)).toFixed(2)} s`;
  }),
  pictureScenario('key frame every 4 s', 'copied, target duration 4 s', { group: 120 }, async (view, plan) => {
    assert.equal(plan.copied, true);
    const { targetSeconds } = await view.playlist('720p');
    assert.equal(targetSeconds, 4);
    return `target ${targetSeconds} s`;
  }),
  pictureScenario('4:4:4 profile', 'transcoded, with the reason', { pixels: 'yuv444p' }, async (_view, plan) => {
    assert.equal(plan.copied, false);
    says(plan, /profile/);
    return plan.hints[0] ?? '';
  }),
  pictureScenario('no audio', 'silence in the audio group, and a hint', { audio: [] }, async (view, plan) => {
    says(plan, /No audio/);
    assert.deepEqual(
      (await view.multivariant()).audio.map(({ groupId }) => groupId),
      ['audio'],
    );
    return plan.hints[0] ?? '';
  }),
  pictureScenario('no video', 'an audio-only presentation, and a hint', { video: false }, async (view, plan) => {
    says(plan, /No video/);
    assert.deepEqual(
      (await view.multivariant()).variants.map(({ codecs }) => codecs),
      [['mp4a.40.2']],
    );
    return plan.hints[0] ?? '';
  }),
  pictureScenario(
    '44.1 kHz mono',
    'audio at 48 kHz stereo',
    { audio: ['-c:a', 'aac', '-ar', '44100', '-ac', '1'] },
    async () => 'played through',
  ),
  pictureScenario('10 frames per second', 'segments of 2 s', { rate: 10 }, async (view) => {
    assert.ok((await longestOf(view)) <= 2.45);
    return `longest segment ${(await longestOf(view)).toFixed(2)} s`;
  }),
  {
    name: 'variable frame rate',
    expected: 'played through, segments of about 2 s',
    play: (stage) =>
      playThrough(
        stage,
        (url) =>
          startEncoder(url, {
            inputs: [
              ...['-re', '-f', 'lavfi', '-i', "testsrc2=size=1280x720:rate=30,select='not(between(mod(n,90),30,52))'"],
              ...['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'],
            ],
            coding: [
              ...['-fps_mode', 'vfr', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-bf', '0'],
              ...['-force_key_frames', 'expr:gte(t,n_forced*2)', '-b:v', '2500k', '-c:a', 'aac'],
            ],
          }),
        async (view) => `longest segment ${(await longestOf(view)).toFixed(2)} s`,
      ),
  },
  {
    name: 'irregular key frames',
    expected: 'copied while it lasts, then transcoded without a hole',
    play: (stage) =>
      playThrough(
        stage,
        (url) =>
          startEncoder(url, {
            inputs: [
              ...['-re', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30'],
              ...['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'],
            ],
            coding: [
              ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-bf', '0', '-g', '900'],
              ...['-sc_threshold', '0', '-force_key_frames', '0,2,4,6,15,17,19,21', '-b:v', '2500k', '-c:a', 'aac'],
            ],
          }),
        async (view, plan) => {
          says(plan, /irregular/);
          const { segments } = await view.playlist('720p', 'replay');
          assert.equal(segments.filter(({ discontinuity }) => discontinuity).length, 1);
          assert.ok(largestHoleMs(segments) <= 40, `a hole of ${largestHoleMs(segments)} ms`);
          return `one discontinuity, largest hole ${largestHoleMs(segments).toFixed(0)} ms`;
        },
        { segments: 9 },
      ),
  },
  {
    name: 'bit rate bursts ×5',
    expected: 'played through; BANDWIDTH covers the burst',
    play: (stage) =>
      playThrough(
        stage,
        (url) =>
          startEncoder(url, {
            inputs: [
              ...[
                '-re',
                '-f',
                'lavfi',
                '-i',
                "testsrc2=size=1280x720:rate=30,noise=alls=60:allf=t:enable='between(mod(t,8),4,8)'",
              ],
              ...['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'],
            ],
            coding: [
              ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-bf', '0', '-g', '60'],
              ...['-sc_threshold', '0', '-crf', '30', '-maxrate', '12000k', '-bufsize', '12000k', '-c:a', 'aac'],
            ],
          }),
        async (view) => {
          const { segments } = await view.playlist('720p', 'replay');
          const rates = await Promise.all(
            segments.map(async (segment) => {
              const { body } = await stage.bucket.get(view.key('720p', segment.uri));
              return (body.length * 8) / segment.seconds;
            }),
          );
          const { variants } = await view.multivariant();
          const peak = Math.max(...rates);
          assert.ok((variants[0]?.bandwidth ?? 0) >= peak, `BANDWIDTH ${variants[0]?.bandwidth} under ${peak}`);
          return `${(Math.min(...rates) / 1e6).toFixed(1)} to ${(peak / 1e6).toFixed(1)} Mbit/s`;
        },
        { segments: 7 },
      ),
  },
  {
    name: 'encoder clock 1 % fast',
    expected: 'played through',
    play: (stage) =>
      playThrough(
        stage,
        (url) =>
          startEncoder(url, {
            inputs: [
              ...['-readrate', '1.01', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30'],
              ...['-readrate', '1.01', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'],
            ],
            coding: [
              ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-bf', '0', '-g', '60'],
              ...['-sc_threshold', '0', '-b:v', '2500k', '-c:a', 'aac'],
            ],
          }),
        async () => 'played through',
      ),
  },
  {
    name: 'audio and picture together (RTMP)',
    expected: '|median| ≤ 60 ms',
    play: (stage) =>
      playThrough(
        stage,
        (url) => startFlashes(url),
        async (view) => {
          const offset = await measureOffset(stage.presentationUrl(view, 'dvr'));
          assert.ok(offset.pairs >= 4, `${offset.pairs} flashes`);
          assert.ok(Math.abs(offset.medianMs) <= 60, `median ${offset.medianMs} ms`);
          return `median ${offset.medianMs.toFixed(0)} ms, largest ${offset.largestMs.toFixed(0)} ms`;
        },
        { segments: 7 },
      ),
  },
  {
    name: 'resolution changes at a reconnect',
    expected: 'same playlists, a discontinuity, renditions keep their names',
    async play(stage) {
      const { key, grant } = stage.allow({ dvrSeconds: 3_600 });
      const view = new BroadcastView(stage.bucket, grant.streamId);
      const first = await broadcastPicture(stage.rtmpUrl(key));
      await view.until('three segments', ({ segments }) => segments.length >= 3);
      process.kill(first.pid, 'SIGKILL');
      await first.exited;
      const second = await broadcastPicture(stage.rtmpUrl(key), { size: '854x480', rate: 25 });
      await view.until(
        'more',
        ({ segments }) => segments.some(({ discontinuity }) => discontinuity) && segments.length >= 7,
      );
      await second.stop();
      await view.until('the end', ({ ended }) => ended);
      assert.deepEqual(await view.faults('replay'), []);
      assert.deepEqual(await view.renditions(), ['720p', '480p', '360p', 'audio']);
      const smaller = await view.playlist('480p', 'replay');
      assert.ok(smaller.segments.at(-1)?.uri.startsWith('../720p/'), '480p is served by the encoder’s own 480 lines');
      for (const rendition of await view.renditions()) assert.deepEqual(await decodingComplaints(view, rendition), []);
      return '480p lists the segments of the copied picture';
    },
  },
  {
    name: 'two publishers race',
    expected: 'one is packaged, the other is told why it is not',
    async play(stage) {
      const { key, grant } = stage.allow();
      const view = new BroadcastView(stage.bucket, grant.streamId);
      const racers = await Promise.all([broadcastPicture(stage.rtmpUrl(key)), broadcastPicture(stage.rtmpUrl(key))]);
      const loser = await Promise.race(racers.map((racer) => racer.exited.then(() => racer)));
      await view.until('three segments', ({ segments }) => segments.length >= 3);
      const { segments } = await view.playlist('720p');
      assert.ok(segments.every(({ discontinuity }) => !discontinuity));
      await Promise.all(racers.map((racer) => racer.stop()));
      const said = loser.output.find((line) => /another|already/i.test(line));
      assert.ok(said, `the loser printed ${loser.output.join(' | ')}`);
      return said;
    },
  },
  {
    name: 'audio and picture together (WHIP)',
    expected: '|median| ≤ 60 ms',
    async play(stage) {
      const { key, grant } = stage.allow({ dvrSeconds: 3_600 });
      const view = new BroadcastView(stage.bucket, grant.streamId);
      const encoder = await broadcastByWhip(stage.whipUrl, key, {
        picture: flashAndBeep.video('640x360', 30),
        tone: flashAndBeep.audio,
      });
      await view.until('nine segments', ({ segments }) => segments.length >= 9, { deadlineMs: 60_000 });
      await encoder.stop();
      await view.until('the end', ({ ended }) => ended, { deadlineMs: 30_000 });
      assert.deepEqual(await view.faults('replay'), []);
      const offset = await measureOffset(stage.presentationUrl(view, 'dvr'));
      assert.ok(offset.pairs >= 4, `${offset.pairs} flashes`);
      assert.ok(Math.abs(offset.medianMs) <= 60, `median ${offset.medianMs} ms`);
      return `median ${offset.medianMs.toFixed(0)} ms, largest ${offset.largestMs.toFixed(0)} ms`;
    },
  },
];

function startFlashes(url: string): Promise<Encoder> {
  return startEncoder(url, {
    inputs: [
      ...['-re', '-f', 'lavfi', '-i', flashAndBeep.video('1280x720', 30)],
      ...['-re', '-f', 'lavfi', '-i', flashAndBeep.audio],
    ],
    coding: [
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-bf', '0', '-g', '60'],
      ...['-sc_threshold', '0', '-b:v', '2500k', '-c:a', 'aac', '-b:a', '128k', '-ac', '2'],
    ],
  });
}

interface Dated {
  readonly programDateTimeMs: number | undefined;
  readonly seconds: number;
}

function largestHoleMs(segments: readonly Dated[]): number {
  return Math.max(
    ...segments.slice(1).map((segment, index) => {
      const before = segments[index];
      const due = (before?.programDateTimeMs ?? 0) + (before?.seconds ?? 0) * 1_000;
      return Math.abs((segment.programDateTimeMs ?? 0) - due);
    }),
  );
}
