import { poll } from '../../runtime/local/poll';
import { type AuthUnderTest, startAuth } from '../auth/harness';
import { type StreamUnderTest, startStream } from '../stream/harness';
import { Relay } from './relay';
import { call } from './service';

/** Two services and the way between them. */
let stream: StreamUnderTest;
let way: Relay;
let auth: AuthUnderTest;
beforeAll(async () => {
  stream = await startStream();
  way = await Relay.start({ host: '127.0.0.1', port: Number(new URL(stream.baseUrl).port) });
  auth = await startAuth({
    environment: {
      STREAM_URL: `http://127.0.0.1:${way.port}`,
      SERVICE_KEY_FILE: stream.secrets.serviceKeyFile('auth'),
    },
  });
}, 120_000);
afterAll(async () => {
  await auth?.stop();
  await way?.stop();
  await stream?.stop();
});

const password = 'correct horse battery';

describe('an account that is deleted', () => {
  it('is forgotten by the stream service, which may be away at that moment', async () => {
    const body = { handle: 'leaving-user', email: 'leaving@example.org', password };
    const account = await call(auth.baseUrl, '/api/auth/signup', { body });
    const token = await stream.issuer.token({ userId: account.body.user.id });
    await stream.call('channels', { token, body: { handle: 'leaving-channel', title: 'Soon gone' } });

    way.cut();
    const left = await call(auth.baseUrl, '/api/auth/me', {
      method: 'DELETE',
      token: account.body.accessToken,
      body: { password },
    });
    expect(left.status).toBe(204);
    // The first attempts fail; the channel is still there.
    await poll(async () => expect(auth.lines.join('\n')).toContain('has not forgotten a deleted account yet'), {
      what: 'a failed attempt',
      deadlineMs: 20_000,
    });
    expect((await stream.call('channels/leaving-channel')).status).toBe(200);

    way.restore();
    await poll(async () => expect((await stream.call('channels/leaving-channel')).status).toBe(404), {
      what: 'the channel being forgotten',
      deadlineMs: 30_000,
    });
  }, 70_000);
});
