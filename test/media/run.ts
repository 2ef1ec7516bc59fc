import { startLiveKit } from '../../runtime/local/testing';
import { hlsKeys } from '../../runtime/shared/media-layout';
import { stopEncoders } from '../ingest/support/encoder';
import { startRig } from '../packager/support/rig';
import { gateScenarios } from './gate/scenarios';
import { scenarios } from './scenarios';
import type { Scenario, Stage } from './support/scenario';

/**
 * `npm run test:media [-- <part of a name>]`: plays every scenario through a real encoder, gate, packager, Redis
 * cluster, LiveKit and S3 server, and prints what came of it.
 */

interface Outcome {
  readonly scenario: Scenario;
  readonly passed: boolean;
  readonly found: string;
  readonly seconds: number;
}

async function openStage(): Promise<Stage & { stopAll(): Promise<void> }> {
  const livekit = await startLiveKit();
  const rig = await startRig(livekit);
  const gate = await rig.startGate();
  await rig.startPackager();
  return {
    ...rig,
    rtmpUrl: (key) => `rtmp://127.0.0.1:${gate.rtmpPort}/live/${key}`,
    whipUrl: `${gate.url}/whip`,
    presentationUrl: ({ at }, kind) => {
      const key = kind === 'live' ? hlsKeys.liveMultivariant(at) : hlsKeys.dvrMultivariant(at);
      return `${rig.s3.url}/${rig.s3.hlsBucket}/${key}`;
    },
    async stopAll() {
      await rig.stop();
      await livekit.stop();
    },
  };
}

async function play(scenario: Scenario, stage: Stage): Promise<Outcome> {
  const startedAtMs = Date.now();
  const outcome = (passed: boolean, found: string) => ({
    ...{ scenario, passed, found },
    seconds: (Date.now() - startedAtMs) / 1_000,
  });
  try {
    return outcome(true, await scenario.play(stage));
  } catch (error) {
    return outcome(false, error instanceof Error ? error.message : String(error));
  } finally {
    await stopEncoders();
  }
}

function line({ scenario, passed, found, seconds }: Outcome): string {
  const cells = [scenario.name.padEnd(36), scenario.expected.padEnd(58), `${seconds.toFixed(0)} s`.padStart(5)];
  return `${passed ? '✓' : '✗'} ${cells.join('  ')}  ${found.split('\n').slice(0, 12).join(' ⏎ ')}`;
}

async function main(wanted: string): Promise<number> {
  const chosen = [...scenarios, ...gateScenarios].filter(({ name }) => name.includes(wanted));
  const stage = await openStage();
  const outcomes: Outcome[] = [];
  try {
    for (const scenario of chosen) {
      const outcome = await play(scenario, stage);
      outcomes.push(outcome);
      console.log(line(outcome));
    }
  } finally {
    await stage.stopAll();
  }
  const failed = outcomes.filter(({ passed }) => !passed).length;
  console.log(`\n${outcomes.length - failed} passed, ${failed} failed`);
  return outcomes.length > 0 && failed === 0 ? 0 : 1;
}

main(process.argv[2] ?? '').then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
