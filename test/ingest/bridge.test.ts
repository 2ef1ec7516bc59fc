import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { dispose } from '@livekit/rtc-node';
import { RoomServiceClient } from 'livekit-server-sdk';
import { poll } from '../../runtime/local/poll';
import { type PrivateLiveKit, startLiveKit } from '../../runtime/local/testing';
import { publisherIdentity } from '../../runtime/shared/broadcast';
import { startEncoder, stopEncoders } from './support/encoder';
import { type Gate, type Surroundings, startSurroundings } from './support/gate';
import { type RoomViewer, watchRoom } from './support/room-viewer';

let livekit: PrivateLiveKit;
let around: Surroundings;
let gate: Gate;
let rooms: RoomServiceClient;
let viewer: RoomViewer | undefined;

beforeAll(async () => {
  livekit = await startLiveKit();
  rooms = new RoomServiceClient(livekit.url, livekit.apiKey, livekit.apiSecret);
  around = await startSurroundings(livekit);
  gate = await around.startGate();
}, 900_000);

afterEach(async () => {
  await viewer?.close();
  viewer = undefined;
  await stopEncoders();
});
afterAll(async () => {
  await around?.stop();
  await livekit?.stop();
  await dispose();
});

async function broadcast() {
  const { key, grant } = around.allow({ bridge: true });
  const encoder = await startEncoder(`rtmp://127.0.0.1:${gate.rtmpPort}/live/${key}`);
  const bridged = async () => {
    const session = await around.session(grant.streamId);
    expect(session?.roomName).toBe(grant.roomName);
    const participants = await rooms.listParticipants(grant.roomName);
    const publisher = publisherIdentity(session?.sessionId ?? '');
    const participant = participants.find(({ identity }) => identity === publisher);
    expect(participant?.tracks).toHaveLength(2);
    return participant;
  };
  await poll(bridged, { what: 'picture and sound in the room', deadlineMs: 20_000 });
  return { encoder, grant, bridged };
}

describe('an RTMP broadcast of a channel with WebRTC viewers', () => {
  test('is seen and heard in its room, and leaves it when it ends', async () => {
    const { encoder, grant } = await broadcast();
    const watching = await watchRoom(livekit, grant.roomName);
    viewer = watching;
    const watched = async () => {
      expect(watching.frames).toBeGreaterThan(50);
      expect(watching.largest).toEqual({ width: 320, height: 180 });
      expect(watching.heard).toBe(true);
    };
    await poll(watched, { what: 'fifty pictures with sound', deadlineMs: 20_000 });
    await encoder.stop();
    const left = async () => {
      const identities = (await rooms.listParticipants(grant.roomName)).map(({ identity }) => identity);
      expect(identities).toEqual(['viewer']);
    };
    await poll(left, { what: 'the bridge’s leaving', deadlineMs: 5_000 });
  }, 60_000);

  test('is bridged again when the bridge is put out of the room, and goes on meanwhile', async () => {
    const { encoder, grant, bridged } = await broadcast();
    const before = await around.session(grant.streamId);
    const first = await bridged();
    await rooms.removeParticipant(grant.roomName, first?.identity ?? '');
    const again = async () => expect((await bridged())?.sid).not.toBe(first?.sid);
    await poll(again, { what: 'another bridge', deadlineMs: 20_000 });
    expect(await around.session(grant.streamId)).toEqual(before);
    expect(encoder.output.join('\n')).not.toContain('error');
  }, 60_000);

  test('is shown from its newest picture, by the same publisher, after the bridge fell behind', async () => {
    const { grant, bridged } = await broadcast();
    const first = await bridged();
    const watching = await watchRoom(livekit, grant.roomName);
    viewer = watching;
    const untilSeen = (pictures: number) => {
      const seen = async () => expect(watching.frames).toBeGreaterThan(pictures);
      return poll(seen, { what: `more than ${pictures} pictures`, deadlineMs: 20_000 });
    };
    await untilSeen(30);
    const pid = await bridgePid();
    process.kill(pid, 'SIGSTOP');
    await pause(8_000);
    process.kill(pid, 'SIGCONT');
    await untilSeen(watching.frames + 60);
    expect((await bridged())?.sid).toBe(first?.sid);
  }, 60_000);
});

/** The gate's newest bridge process. */
async function bridgePid(): Promise<number> {
  const { pid } = gate.process;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  const isBridge = (child: number) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('bridge-process');
  const bridge = children.findLast(isBridge);
  if (bridge === undefined) throw new Error('the gate has no bridge process');
  return bridge;
}
