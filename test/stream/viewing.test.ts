import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hlsKeys } from '../../runtime/shared/media-layout';
import { type Answered, call, startServiceUnderTest } from '../contract/service';
import { type Broadcaster, Gate, home, newBroadcaster, type StreamUnderTest, startStream } from './harness';

let stream: StreamUnderTest;
let gate: Gate;
beforeAll(async () => {
  stream = await startStream();
  gate = new Gate(stream);
}, 90_000);
afterAll(() => stream?.stop());

async function broadcast(settings: object = {}): Promise<Broadcaster & { readonly streamId: string }> {
  const owner = await newBroadcaster(stream, settings);
  const { streamId } = await gate.publish(owner.streamKey);
  await gate.show(streamId);
  return { ...owner, streamId };
}

/** A private broadcast that a passphrase opens. */
async function privateBroadcast(passphrase = 'open sesame'): Promise<Broadcaster & { readonly streamId: string }> {
  const owner = await newBroadcaster(stream);
  const body = { title: 'Family only', visibility: 'private', passphrase };
  await stream.call(`channels/${owner.handle}/streams`, { token: owner.token, body });
  const { streamId } = await gate.publish(owner.streamKey);
  await gate.show(streamId);
  return { ...owner, streamId };
}

const playback = (streamId: string, query = '', token?: string) =>
  stream.call(`streams/${streamId}/playback${query}`, token === undefined ? {} : { token });

describe('a public broadcast', () => {
  it('plays for everyone, with rewind', async () => {
    const { streamId } = await broadcast();
    const { body, headers } = await playback(streamId);
    const at = { region: home, streamId, mediaAccess: 'open' } as const;
    expect(body).toMatchObject({
      transport: 'hls',
      hlsUrl: `https://media.headend.test/${hlsKeys.liveMultivariant(at)}`,
      dvrUrl: `https://media.headend.test/${hlsKeys.dvrMultivariant(at)}`,
      credentials: false,
    });
    expect(headers.get('set-cookie')).toBeNull();
  });

  it('has no rewind where the channel wants none', async () => {
    const { streamId } = await broadcast({ dvrSeconds: 0 });
    expect((await playback(streamId)).body.dvrUrl).toBeNull();
  });

  it('becomes a replay when it is over', async () => {
    const { streamId, token } = await broadcast();
    await stream.call(`streams/${streamId}/end`, { method: 'POST', token });
    const { body } = await playback(streamId);
    expect(body).toMatchObject({ transport: 'hls', state: 'ended', reason: 'replay' });
    expect(body.hlsUrl).toContain('/dvr.m3u8');
  });

  it('has nothing to play before its first picture', async () => {
    const owner = await newBroadcaster(stream);
    const { streamId } = await gate.publish(owner.streamKey);
    expect((await playback(streamId)).body).toEqual({ transport: 'none', state: 'waiting' });
  });
});

describe('an unlisted broadcast', () => {
  it('plays for whoever has the address and stands in no list', async () => {
    const { streamId, handle, token } = await broadcast({ defaultVisibility: 'unlisted' });
    expect((await playback(streamId)).body.transport).toBe('hls');
    const live = await stream.call('streams?limit=100');
    expect(live.body.streams.map((one: { id: string }) => one.id)).not.toContain(streamId);
    expect((await stream.call(`channels/${handle}`)).body.current).toBeNull();
    expect((await stream.call(`channels/${handle}`, { token })).body.current.id).toBe(streamId);
  });
});

describe('a private broadcast', () => {
  it('shows strangers neither title nor picture nor playlist', async () => {
    const { streamId, token } = await privateBroadcast();
    const seen = await stream.call(`streams/${streamId}`);
    expect(seen.body).toMatchObject({ title: 'Private stream', thumbnailUrl: null, passphraseRequired: true });
    const answer = await playback(streamId);
    expect([answer.status, answer.body.code]).toEqual([403, 'playback-locked']);
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect((await stream.call(`streams/${streamId}`, { token })).body.title).toBe('Family only');
    expect((await playback(streamId, '', token)).status).toBe(200);
  });

  it('opens to its passphrase', async () => {
    const { streamId } = await privateBroadcast('tulip festival');
    const unlock = (passphrase: string) => stream.call(`streams/${streamId}/unlock`, { body: { passphrase } });
    expect((await unlock('tulip festivals')).body.code).toBe('playback-locked');
    const { body } = await unlock('tulip festival');
    expect((await playback(streamId, `?grant=${body.grant}`)).status).toBe(200);
    const other = await privateBroadcast();
    expect((await playback(other.streamId, `?grant=${body.grant}`)).status).toBe(403);
  });

  it('closes again to those who knew the old passphrase', async () => {
    const { streamId, token } = await privateBroadcast();
    const { body } = await stream.call(`streams/${streamId}/unlock`, { body: { passphrase: 'open sesame' } });
    await stream.call(`streams/${streamId}`, { method: 'PATCH', token, body: { passphrase: 'shut sesame' } });
    expect((await playback(streamId, `?grant=${body.grant}`)).status).toBe(403);
  });

  it('opens to a signed link, which only the owner can make', async () => {
    const { streamId, token } = await privateBroadcast();
    const stranger = await newBroadcaster(stream);
    const share = (by: string) => stream.call(`streams/${streamId}/share-links`, { token: by, body: {} });
    expect((await share(stranger.token)).status).toBe(403);
    const { body } = await share(token);
    expect(body.url).toBe(`https://headend.test/watch/${streamId}?grant=${encodeURIComponent(body.grant)}`);
    expect((await playback(streamId, `?grant=${body.grant}`)).status).toBe(200);
  });

  it('opens to the channel’s moderators', async () => {
    const { streamId, handle, token } = await privateBroadcast();
    const friend = await newBroadcaster(stream);
    expect((await playback(streamId, '', friend.token)).status).toBe(403);
    await stream.call(`channels/${handle}/moderators/${friend.userId}`, { method: 'PUT', token });
    expect((await playback(streamId, '', friend.token)).status).toBe(200);
    const standing = await stream.internal(`streams/${streamId}/chat-standing/${friend.userId}`);
    expect(standing.body).toEqual({ followingSince: null, mayWatch: true });
  });

  it('comes with CDN cookies for this stream alone', async () => {
    const { streamId, token } = await privateBroadcast();
    const answer = await playback(streamId, '', token);
    const at = { region: home, streamId, mediaAccess: 'signed' } as const;
    const hlsUrl = `https://media.headend.test/${hlsKeys.liveMultivariant(at)}`;
    expect(answer.body).toMatchObject({ credentials: true, hlsUrl });
    const cookies = cookiesOf(answer);
    const key = JSON.parse(readFileSync(stream.secrets.mediaSigningKeyFile, 'utf8'));
    expect(cookies['CloudFront-Key-Pair-Id']?.value).toBe(key.keyPairId);
    const policy = decode(cookies['CloudFront-Policy']?.value ?? '');
    const signature = decode(cookies['CloudFront-Signature']?.value ?? '');
    expect(verify('RSA-SHA1', policy, createPublicKey(key.privateKey), signature)).toBe(true);
    const [statement] = JSON.parse(policy.toString()).Statement;
    const root = hlsKeys.root(at);
    expect(statement.Resource).toBe(`https://media.headend.test/${root}*`);
    const secondsLeft = statement.Condition.DateLessThan['AWS:EpochTime'] - Date.now() / 1_000;
    // A cookie cannot be called back: it ends soon, and asking for playback again renews it.
    expect(secondsLeft).toBeGreaterThan(300);
    expect(secondsLeft).toBeLessThanOrEqual(600);
    for (const { attributes } of Object.values(cookies)) {
      expect(attributes).toEqual(expect.arrayContaining(['HttpOnly', 'Secure', `Path=/${root}`]));
    }
  });

  it('cannot be made of a live public one: what was loaded cannot be called back', async () => {
    const { streamId, token } = await broadcast();
    const patch = () => stream.call(`streams/${streamId}`, { method: 'PATCH', token, body: { visibility: 'private' } });
    expect((await patch()).body.code).toBe('conflict');
    await stream.call(`streams/${streamId}/end`, { method: 'POST', token });
    expect((await patch()).body.visibility).toBe('private');
    // What was open is taken down, for the owner, too.
    expect((await playback(streamId, '', token)).body).toEqual({ transport: 'none', state: 'ended' });
  });

  it('stays where it is, and so asks for cookies, when it is made public while live', async () => {
    const { streamId, token } = await privateBroadcast();
    await stream.call(`streams/${streamId}`, { method: 'PATCH', token, body: { visibility: 'public' } });
    const answer = await playback(streamId);
    expect(answer.body).toMatchObject({ transport: 'hls', credentials: true });
    expect(answer.body.hlsUrl).toContain('/private/');
    expect(Object.keys(cookiesOf(answer))).toHaveLength(3);
    expect((await stream.call(`streams/${streamId}`)).body.thumbnailUrl).toBeNull();
  });

  it('cannot be made of one whose publisher is about to start', async () => {
    const owner = await newBroadcaster(stream);
    const { body } = await gate.authorize(owner.streamKey);
    const patch = { method: 'PATCH', token: owner.token, body: { visibility: 'private' } };
    expect((await stream.call(`streams/${body.streamId}`, patch)).body.code).toBe('conflict');
    expect(body.mediaAccess).toBe('open');
  });
});

describe('where the CDN asks for no cookies', () => {
  it('there are no private streams, and the answer says so', async () => {
    const { MEDIA_SIGNING_KEY_FILE: _none, ...environment } = stream.environment;
    const open = await startServiceUnderTest('stream', environment);
    try {
      const owner = await newBroadcaster(stream);
      const body = { title: 'x', visibility: 'private' };
      const refused = await call(open.baseUrl, `/api/stream/channels/${owner.handle}/streams`, {
        token: owner.token,
        body,
      });
      expect([refused.status, refused.body.code]).toEqual([409, 'conflict']);
    } finally {
      await open.stop();
    }
  }, 30_000);
});

describe('what chat asks', () => {
  it('is answered with owner, moderators and rules', async () => {
    const { streamId, handle, token, userId } = await broadcast();
    const chat = { slowModeSeconds: 30, followersOnly: true };
    await stream.call(`channels/${handle}`, { method: 'PATCH', token, body: { settings: { chat } } });
    const follower = await newBroadcaster(stream);
    await stream.call(`channels/${handle}/moderators/${follower.userId}`, { method: 'PUT', token });
    await stream.call(`channels/${handle}/follow`, { method: 'PUT', token: follower.token });
    expect((await stream.internal(`streams/${streamId}/chat-policy`)).body).toMatchObject({
      channelOwnerId: userId,
      moderators: [follower.userId],
      state: 'live',
      visibility: 'public',
      slowModeSeconds: 30,
      followersOnly: true,
      linksAllowed: true,
    });
    const standing = await stream.internal(`streams/${streamId}/chat-standing/${follower.userId}`);
    expect(standing.body.followingSince).toMatch(/^20/);
  });
});

describe('an account that is deleted', () => {
  it('takes its channels, keys and broadcasts along', async () => {
    const { streamId, handle, userId, streamKey } = await broadcast();
    expect((await stream.internal(`accounts/${userId}`, { method: 'DELETE' })).status).toBe(204);
    expect((await stream.call(`channels/${handle}`)).status).toBe(404);
    expect((await stream.call(`streams/${streamId}`)).status).toBe(404);
    expect((await gate.authorize(streamKey)).body.code).toBe('stream-key-invalid');
    expect((await stream.internal(`accounts/${userId}`, { method: 'DELETE' })).status).toBe(204);
  });
});

describe('moderation by the site', () => {
  it('ends and takes down what others broadcast; other users cannot', async () => {
    const { streamId } = await broadcast();
    const moderator = await stream.issuer.token({ userId: 'us_00000000000000000001', role: 'moderator' });
    const stranger = await stream.issuer.token({ userId: 'us_00000000000000000002', role: 'broadcaster' });
    const end = (token: string) => stream.call(`streams/${streamId}/end`, { method: 'POST', token });
    const remove = (token: string) => stream.call(`streams/${streamId}`, { method: 'DELETE', token });
    expect((await end(stranger)).status).toBe(403);
    expect((await remove(moderator)).body.code).toBe('conflict');
    expect((await end(moderator)).status).toBe(200);
    expect((await remove(stranger)).status).toBe(403);
    expect((await remove(moderator)).status).toBe(204);
    expect((await stream.call(`streams/${streamId}`)).status).toBe(404);
  });
});

function cookiesOf(answer: Answered): Record<string, { readonly value: string; readonly attributes: string[] }> {
  return Object.fromEntries(
    answer.headers.getSetCookie().map((line) => {
      const [pair = '', ...attributes] = line.split('; ');
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      return [name, { value, attributes }];
    }),
  );
}

/** CloudFront's own base 64. */
const decode = (text: string) =>
  Buffer.from(text.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64');
