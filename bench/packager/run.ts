import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MediaTool, runMediaTool } from '../../runtime/local/media-tools';
import { startLiveKit } from '../../runtime/local/testing';
import { firstOutputDescriptor, ladderArguments } from '../../runtime/packager/ladder/ffmpeg-arguments';
import { type LadderPlan, planLadder } from '../../runtime/packager/ladder/plan';
import type { SourceDescription } from '../../runtime/packager/sources/inspection';
import { cpuSecondsOf } from '../../runtime/shared/cpu-time';
import { startFfmpeg } from '../../test/ingest/support/encoder';
import { type Packager, type Rig, startRig } from '../../test/packager/support/rig';
import { median, table } from '../support/table';

/**
 * `npm run bench:packager [-- <seconds> [<part of a name>]]`: CPU-seconds per second of broadcast, of the packager with everything it
 * starts, beside bare ffmpeg that makes the same ladder from the same file at the same time: what else the machine does
 * costs both the same. Medians of rounds. The encoder, the gate, LiveKit and storage are not counted: whoever packages
 * has them, too.
 */

interface Case {
  readonly name: string;
  readonly file: string;
  readonly source: SourceDescription;
  readonly publish: (file: string, key: string) => readonly string[];
  readonly program: MediaTool;
}

const size = { width: 1280, height: 720 };
const frameRate = 30;
const audio = { sampleRate: 48_000, channels: 2 };
const avc = { profile: 77, level: 31, chromaFormat: 1, bitDepth: 8, frameRate, ...size };
const encoded = { avc, keyFrameSeconds: 2, hasBFrames: false, kbps: 3_000 };

/** A test card with noise: without it every encoder would be flattered. */
async function makeFile(path: string, seconds: number, coding: readonly string[]): Promise<void> {
  const picture = `testsrc2=size=${size.width}x${size.height}:rate=${frameRate},noise=alls=12:allf=t`;
  await runMediaTool('ffmpeg', [
    ...['-v', 'error', '-y', '-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', 'anoisesrc=a=0.1:r=48000'],
    ...['-t', String(seconds), '-ac', '2', '-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p'],
    ...['-g', String(frameRate * 2), '-keyint_min', String(frameRate * 2), '-sc_threshold', '0'],
    ...['-b:v', '3000k', '-maxrate', '3000k', '-bufsize', '3000k', ...coding, path],
  ]);
}

const rounds = 3;

/** Ratios of CPU-seconds. */
const goals = { overBare: 1.1, copiedOverTranscoded: 0.6 };

/** CPU-seconds per second of broadcast. */
interface Cost {
  readonly whole: number;
  /** The packager's own process, without any ffmpeg. */
  readonly node: number;
  /** The ffmpeg that makes the ladder; what is left are pictures for the seek bar, and the reader of a room. */
  readonly ladder: number;
}

async function cpuSeconds({ process, metric }: Packager): Promise<Cost> {
  const [whole, node] = [cpuSecondsOf(process.pid, 'withChildren'), cpuSecondsOf(process.pid)];
  if (whole === undefined || node === undefined) throw new Error(`process ${process.pid} has gone`);
  return { whole, node, ladder: await metric('headend_packager_encoder_cpu_seconds_total') };
}

/** ffmpeg's own account of itself, making the packager's ladder from a file into files, as fast as a broadcast comes. */
async function bareCpuSeconds(plan: LadderPlan, file: string, directory: string): Promise<number> {
  const args = ladderArguments(plan, { kind: 'flv' }, 0).map((argument) =>
    argument.startsWith('pipe:') ? bareEnd(argument, file, directory) : argument,
  );
  const withoutFormat = args.filter(
    (argument, index) => !(argument === '-f' && args[index + 1] === 'flv') && argument !== 'flv',
  );
  const { stderr } = await runMediaTool('ffmpeg', ['-y', '-benchmark', '-re', ...withoutFormat.map(louder)]);
  const [, user = '', system = ''] = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr) ?? [];
  return Number(user) + Number(system);
}

const bareEnd = (pipe: string, file: string, directory: string) => {
  const descriptor = Number(pipe.slice('pipe:'.length));
  return descriptor < firstOutputDescriptor ? file : join(directory, `${descriptor}.mp4`);
};

/** The account is printed at this level only. */
const louder = (argument: string) => (argument === 'warning' ? 'info' : argument);

async function packagedCost(rig: Rig, packager: Packager, each: Case, plan: LadderPlan): Promise<Cost> {
  const { key, grant } = rig.allow();
  const before = await cpuSeconds(packager);
  const encoder = await startFfmpeg(each.publish(each.file, key), each.program);
  await encoder.exited;
  const told = await rig.untilEvent(grant.streamId, 'packaging-ended', 60_000);
  const after = await cpuSeconds(packager);
  const perSecond = (part: keyof Cost) => (after[part] - before[part]) / told.durationSeconds;
  const dropsRung = rig
    .events(grant.streamId)
    .some((event) => event.type === 'packaging' && event.renditions.length < plan.video.length);
  if (dropsRung) throw new Error('the machine is too busy: a rung was dropped');
  return { whole: perSecond('whole'), node: perSecond('node'), ladder: perSecond('ladder') };
}

async function main(seconds: number, wanted: string): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'headend-bench-'));
  const livekit = await startLiveKit();
  const rig = await startRig(livekit);
  try {
    const gate = await rig.startGate();
    const packager = await rig.startPackager({ environment: { RECORDING_SLOTS: '0' } });
    const rtmp = (file: string, key: string) => [
      ...['-v', 'error', '-re', '-i', file, '-c', 'copy', '-f', 'flv', `rtmp://127.0.0.1:${gate.rtmpPort}/live/${key}`],
    ];
    const whip = (file: string, key: string) => [
      ...['-v', 'error', '-re', '-i', file, '-c', 'copy', '-f', 'whip', '-authorization', key, `${gate.url}/whip`],
    ];
    const plain = join(directory, 'plain.flv');
    const bFrames = join(directory, 'b-frames.flv');
    const opus = join(directory, 'opus.mkv');
    await makeFile(plain, seconds, ['-bf', '0', '-c:a', 'aac', '-b:a', '128k']);
    await makeFile(bFrames, seconds, ['-bf', '2', '-c:a', 'aac', '-b:a', '128k']);
    await makeFile(opus, seconds, ['-bf', '0', '-profile:v', 'baseline', '-c:a', 'libopus', '-b:a', '96k']);
    const video = { ...size, frameRate };
    const cases: readonly Case[] = [
      {
        name: 'RTMP, top copied',
        file: plain,
        source: { audio, video: { ...video, encoded } },
        publish: rtmp,
        program: 'ffmpeg',
      },
      {
        name: 'RTMP, all transcoded',
        file: bFrames,
        source: { audio, video: { ...video, encoded: { ...encoded, hasBFrames: true } } },
        publish: rtmp,
        program: 'ffmpeg',
      },
      {
        name: 'room (WHIP)',
        file: opus,
        source: { audio, video: { ...video, encoded: undefined } },
        publish: whip,
        program: 'ffmpeg-whip',
      },
    ];
    const chosen = cases.filter(({ name }) => name.includes(wanted));
    const rows: readonly Row[] = chosen.map((each) => {
      const plan = planLadder(each.source, { mostRenditions: 4, droppedRungs: 0 });
      return { each, plan, ours: [], bare: [] };
    });
    // A worker lives for weeks: its first seconds, when its code is compiled, say nothing.
    for (const { each, plan } of rows) await packagedCost(rig, packager, each, plan);
    for (let round = 0; round < rounds; round += 1) {
      for (const { each, plan, ours, bare } of rows) {
        const [bareSeconds, cost] = await Promise.all([
          bareCpuSeconds(plan, each.file, directory),
          packagedCost(rig, packager, each, plan),
        ]);
        bare.push(bareSeconds / seconds);
        ours.push(cost);
      }
    }
    return report(rows);
  } finally {
    await rig.stop();
    await livekit.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

interface Row {
  readonly each: Case;
  readonly plan: LadderPlan;
  readonly ours: Cost[];
  readonly bare: number[];
}

/** Prints the table and returns whether every goal was met. */
function report(rows: readonly Row[]): boolean {
  const medians = rows.map(({ each: { name }, ours, bare }) => {
    const of = (cost: (each: Cost) => number) => median(ours.map(cost));
    const ratios = ours.map(({ whole }, round) => whole / (bare[round] ?? Number.NaN));
    return {
      ...{ name, bare: median(bare), whole: of(({ whole }) => whole), ratio: median(ratios), ratios },
      ...{ ladder: of(({ ladder }) => ladder), node: of(({ node }) => node) },
      rest: of(({ whole, node, ladder }) => whole - node - ladder),
    };
  });
  const verdict = (ratio: number, goal: number) => (ratio <= goal ? 'met' : 'MISSED');
  const verdicts = medians.map(({ ratio }) => verdict(ratio, goals.overBare));
  console.log(
    table(
      ['source', 'packager', 'bare ffmpeg', 'ladder', 'pictures, room reader', 'Node', 'ratio', 'by round', 'goal', ''],
      medians.map(({ name, whole, bare, ladder, rest, node, ratio, ratios }, index) => [
        ...[name, ...[whole, bare, ladder, rest, node].map((cost) => cost.toFixed(3)), ratio.toFixed(2)],
        ...[ratios.map((each) => each.toFixed(2)).join(', '), goals.overBare.toFixed(2), verdicts[index] ?? ''],
      ]),
    ),
  );
  console.log(
    `\nCPU-seconds per second of a 720p30 broadcast in three renditions and audio, medians of ${rounds} rounds.`,
  );
  const [copied, transcoded] = medians;
  if (copied && transcoded) {
    const share = copied.whole / transcoded.whole;
    verdicts.push(verdict(share, goals.copiedOverTranscoded));
    const bareShare = (copied.bare / transcoded.bare).toFixed(2);
    console.log(
      `A copied top costs ${share.toFixed(2)} of all transcoded (bare ffmpeg ${bareShare}), goal ${goals.copiedOverTranscoded.toFixed(2)}: ${verdicts.at(-1)}.`,
    );
  }
  return !verdicts.includes('MISSED');
}

main(Number(process.argv[2] ?? 30), process.argv[3] ?? '').then(
  (met) => process.exit(met ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
