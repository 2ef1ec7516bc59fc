import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { fragments, mutate, randomFrom } from '../../ingest/support/mutate';
import { composedSession, handshakeBytes } from '../../ingest/support/recorded-session';
import { handshake, RtmpClient } from '../../ingest/support/rtmp-client';
import { BroadcastView } from '../../packager/support/broadcast-view';
import type { Scenario, Stage } from '../support/scenario';
import { type Playing, playRecording, record, sayGoodbye } from './recording';
import { whipPastItsGrant } from './whip-past-its-grant';

/** What encoders and strangers do to the gate, judged by what viewers get. */

const seconds = 14;
const portOf = (stage: Stage) => Number(new URL(stage.rtmpUrl('')).port);

interface Broadcasting {
  readonly client: RtmpClient;
  readonly view: BroadcastView;
  readonly streamId: string;
}

async function begin(stage: Stage): Promise<Broadcasting> {
  const { key, grant } = stage.allow({ dvrSeconds: 3_600 });
  const client = await RtmpClient.publish(portOf(stage), key);
  assert.equal(client.status?.code, 'NetStream.Publish.Start', client.status?.description);
  return { client, view: new BroadcastView(stage.bucket, grant.streamId), streamId: grant.streamId };
}

/** Ends the broadcast, and reads what is left of it: seconds of media, and seams. */
async function finish({ client, view }: Broadcasting): Promise<{ readonly seconds: number; readonly seams: number }> {
  sayGoodbye(client);
  await view.until('the end', ({ ended }) => ended, { deadlineMs: 30_000 });
  assert.deepEqual(await view.faults('replay'), []);
  const [rendition = ''] = await view.renditions();
  const { segments } = await view.playlist(rendition, 'replay');
  return {
    seconds: segments.reduce((sum, segment) => sum + segment.seconds, 0),
    seams: segments.filter(({ discontinuity }) => discontinuity).length,
  };
}

/** All of a recording arrives, however its timestamps are told. */
function clockScenario(name: string, expected: string, playing: Playing): Scenario {
  return {
    name,
    expected,
    async play(stage) {
      const broadcasting = await begin(stage);
      await playRecording(broadcasting.client, await record(seconds), playing);
      const left = await finish(broadcasting);
      assert.ok(Math.abs(left.seconds - seconds) <= 0.5, `${left.seconds} s are left of ${seconds}`);
      assert.equal(left.seams, 0);
      return `${left.seconds.toFixed(2)} s of ${seconds}, no seam`;
    },
  };
}

const jumpAt = 7_000;
const jumping = (byMs: number) => (ms: number) => 7_200_000 + ms + (ms >= jumpAt ? byMs : 0);

/** A broadcast goes on while `attack` runs, and nothing of it is missing. */
function underAttack(name: string, attack: (stage: Stage) => Promise<string>): Scenario {
  return {
    name,
    expected: 'a broadcast beside it loses nothing',
    async play(stage) {
      const broadcasting = await begin(stage);
      const [done] = await Promise.all([attack(stage), playRecording(broadcasting.client, await record(seconds))]);
      const left = await finish(broadcasting);
      assert.ok(Math.abs(left.seconds - seconds) <= 0.5, `${left.seconds} s are left of ${seconds}`);
      return `${done}; ${left.seconds.toFixed(2)} s of ${seconds}`;
    },
  };
}

function open(stage: Stage): Socket {
  return connect(portOf(stage), '127.0.0.1')
    .on('error', () => undefined)
    .resume();
}

const untilClosed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

async function sendGarbage(stage: Stage): Promise<string> {
  const sessions = 300;
  // Home has no room for it, which is no failure of the address: other scenarios come from the same one.
  const { key } = stage.allow();
  stage.home.answers.set(key, 'capacity');
  for (let seed = 0; seed < sessions; seed += 1) {
    const random = randomFrom(seed);
    const socket = open(stage);
    for (const piece of fragments(mutate(composedSession(key), handshakeBytes, random), random)) {
      if (socket.writable) socket.write(piece);
    }
    socket.end();
    await untilClosed(socket);
  }
  return `${sessions} mutated sessions`;
}

async function openHalfHandshakes(stage: Stage): Promise<string> {
  const sockets = Array.from({ length: 500 }, (_, index) => {
    const socket = open(stage);
    socket.write(handshake().subarray(0, (index * 7) % 3_000));
    return socket;
  });
  await Promise.all(sockets.map(untilClosed));
  return '500 half handshakes, all cut';
}

export const gateScenarios: readonly Scenario[] = [
  clockScenario('timestamps jump an hour ahead', 'the jump is closed, nothing is lost', { clock: jumping(3_600_000) }),
  clockScenario('timestamps jump an hour back', 'the jump is closed, nothing is lost', { clock: jumping(-3_600_000) }),
  clockScenario('timestamps wrap at 2³² ms', 'nothing to be seen', { clock: (ms) => 2 ** 32 - jumpAt + ms }),
  clockScenario('encoder clock 1 % fast', 'nothing is held back or lost', { speed: 1.01 }),
  {
    name: 'resolution change',
    expected: 'one seam, nothing lost',
    async play(stage) {
      const broadcasting = await begin(stage);
      const parts = [await record(8), await record(8, '480x270')];
      await playRecording(broadcasting.client, parts[0] ?? []);
      await playRecording(broadcasting.client, parts[1] ?? [], { clock: (ms) => ms + 8_000 });
      const left = await finish(broadcasting);
      assert.ok(Math.abs(left.seconds - 16) <= 1, `${left.seconds} s are left of 16`);
      assert.equal(left.seams, 1);
      return `${left.seconds.toFixed(2)} s of 16, one seam`;
    },
  },
  {
    name: 'codec change mid-stream',
    expected: 'refused with the reason; what came before is kept',
    async play(stage) {
      const broadcasting = await begin(stage);
      await playRecording(broadcasting.client, await record(8));
      broadcasting.client.send(
        'video',
        8_000,
        Buffer.concat([Buffer.from([0x90]), Buffer.from('hvc1'), Buffer.alloc(20)]),
      );
      await broadcasting.client.untilClosed();
      const reason = broadcasting.client.status?.description ?? '';
      assert.match(reason, /HEVC .* is not supported/);
      const stopped = await stage.untilEvent(broadcasting.streamId, 'publish-stopped');
      assert.equal(stopped.reason, 'refused');
      await broadcasting.view.until('what came before', ({ segments }) => segments.length >= 3);
      return reason;
    },
  },
  underAttack('garbage on the port', sendGarbage),
  underAttack('half handshakes ×500', openHalfHandshakes),
  whipPastItsGrant,
];
