import { createHash, randomUUID } from 'node:crypto';
import { AccessToken, RoomServiceClient, TokenVerifier } from 'livekit-server-sdk';
import { type PrivateLiveKit, startLiveKit } from '../../runtime/local/testing';
import { createLogger } from '../../runtime/shared/log';
import { createRooms } from '../../runtime/stream/livekit/rooms';
import { call } from '../contract/service';
import { Gate, home, newBroadcaster, type StreamUnderTest, startStream } from './harness';

let livekit: PrivateLiveKit;
let stream: StreamUnderTest;
let gate: Gate;
let operator: RoomServiceClient;
beforeAll(async () => {
  livekit = await startLiveKit();
  stream = await startStream({ livekit });
  gate = new Gate(stream);
  operator = new RoomServiceClient(livekit.url, livekit.apiKey, livekit.apiSecret);
}, 120_000);
afterAll(async () => {
  await stream?.stop();
  await livekit?.stop();
});

/** A webhook as LiveKit sends them. */
async function webhook(options: {
  readonly secret?: string;
  readonly bodyOverride?: string;
  readonly createdAtSeconds?: number;
  readonly id?: string;
}) {
  const { secret = livekit.apiSecret, createdAtSeconds = Math.floor(Date.now() / 1_000), id = randomUUID() } = options;
  const body = JSON.stringify({ event: 'room_started', id, createdAt: String(createdAtSeconds), room: { name: 'x' } });
  const token = new AccessToken(livekit.apiKey, secret);
  token.sha256 = createHash('sha256').update(body).digest('base64');
  return call(stream.baseUrl, '/api/stream/webhooks/livekit', {
    body: options.bodyOverride ?? body,
    headers: { authorization: await token.toJwt(), 'content-type': 'application/webhook+json' },
  });
}

describe('LiveKit’s webhooks', () => {
  it('are taken when LiveKit has signed them, repeats too', async () => {
    const id = randomUUID();
    expect((await webhook({ id })).status).toBe(204);
    expect((await webhook({ id })).status).toBe(204);
  });

  it.each<[string, Parameters<typeof webhook>[0]]>([
    ['signed by somebody else', { secret: 'x'.repeat(48) }],
    ['whose body was changed', { bodyOverride: '{"event":"room_finished"}' }],
    ['that are old', { createdAtSeconds: Math.floor(Date.now() / 1_000) - 3_600 }],
    ['with an empty body', { bodyOverride: ' ' }],
  ])('%s are refused', async (_name, options) => {
    const answer = await webhook(options);
    expect([answer.status, answer.body.code]).toEqual([401, 'webhook-signature-invalid']);
  });

  it('without a signature are refused', async () => {
    const answer = await call(stream.baseUrl, '/api/stream/webhooks/livekit', { body: { event: 'room_started' } });
    expect(answer.status).toBe(401);
  });
});

describe('a viewer’s token', () => {
  it('lets one subscribe to one room and do nothing else', async () => {
    const rooms = openRooms();
    const { token, serverUrl } = await rooms.viewerToken(home, 'st_room');
    expect(serverUrl).toBe(livekit.url.replace('http', 'ws'));
    const claims = await new TokenVerifier(livekit.apiKey, livekit.apiSecret).verify(token);
    expect(claims.video).toEqual({
      roomJoin: true,
      room: 'st_room',
      canSubscribe: true,
      canPublish: false,
      canPublishData: false,
      canUpdateOwnMetadata: false,
    });
    expect((claims.exp ?? 0) - Date.now() / 1_000).toBeLessThanOrEqual(300);
  });

  it('is different for every viewer', async () => {
    const rooms = openRooms();
    const identities = await Promise.all(
      [1, 2].map(async () => {
        const { token } = await rooms.viewerToken(home, 'st_room');
        return (await new TokenVerifier(livekit.apiKey, livekit.apiSecret).verify(token)).sub;
      }),
    );
    expect(new Set(identities).size).toBe(2);
  });
});

describe('playback with a room', () => {
  it('is HLS while nobody publishes to the room, and while LiveKit is away', async () => {
    const owner = await newBroadcaster(stream, { webrtcViewers: true });
    const { streamId } = await gate.publish(owner.streamKey);
    await gate.show(streamId);
    await operator.createRoom({ name: streamId });
    const { body } = await stream.call(`streams/${streamId}/playback?transport=webrtc`, { token: owner.token });
    expect(body).toMatchObject({ transport: 'hls', webrtcOffered: false, reason: 'nobody publishes to the room' });
    const away = createRooms({
      keysFile: livekit.keysFile,
      apiUrls: { [home]: 'http://127.0.0.1:9' },
      clientUrls: {},
      log: createLogger('test', 'silent'),
    });
    expect(await away.load(home, streamId)).toBeUndefined();
  });

  it('sees rooms and their load', async () => {
    const name = `st_${randomUUID()}`;
    await operator.createRoom({ name });
    expect(await openRooms().load(home, name)).toEqual({ publishers: 0, viewers: 0, regionViewers: 0 });
    await openRooms().remove(home, name);
    expect(await operator.listRooms([name])).toEqual([]);
  });
});

function openRooms() {
  return createRooms({
    keysFile: livekit.keysFile,
    apiUrls: { [home]: livekit.url },
    clientUrls: { [home]: livekit.url.replace('http', 'ws') },
    log: createLogger('test', 'silent'),
  });
}
