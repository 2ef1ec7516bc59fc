import { connect } from 'node:net';
import { createRedisBroker } from '../../runtime/chat/broker/redis-broker';
import { closeCodes, longestFrameBytes, type Position } from '../../runtime/chat/protocol';
import { createLocalRateLimiter } from '../../runtime/shared/rate-limit';
import { connectRedis } from '../../runtime/shared/redis';
import { silent, until } from './support/chat-pod';
import { RawSocket, takeTicket } from './support/frames';
import { withTwoPods } from './support/servers';

jest.setTimeout(60_000);

describe('hostile input', () => {
  const chat = withTwoPods({ socketsPerAddress: 60, rateLimiter: createLocalRateLimiter(1_000) });
  const sockets: RawSocket[] = [];
  const socketAt = (path: string, options = {}) => {
    const socket = new RawSocket(chat.url(0) + path, options);
    sockets.push(socket);
    return socket;
  };
  const joinAs = async (token: string, room = 'st_hostile') => {
    const socket = await socketAt(`/api/chat/ws?streamId=${room}`).opened();
    return socket.joined({ token });
  };

  beforeAll(() => {
    chat.board.set('st_hostile');
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.webSocket.terminate();
    await until('everyone has gone', () => chat.pod(0).service.gateway.size === 0);
  });

  const deep = `${'['.repeat(1_500)}${']'.repeat(1_500)}`;
  it.each<[string, unknown]>([
    ['JSON that does not end', '{"type":"publish"'],
    ['no JSON', 'hello'],
    ['an empty frame', ''],
    ['a binary frame', Buffer.from('{"type":"publish","key":"1","text":"x"}')],
    ['null', 'null'],
    ['a number', '42'],
    ['deep nesting', deep],
    ['a type nobody knows', { type: 'root' }],
    ['an unknown field', { type: 'publish', key: '1', text: 'x', admin: true }],
    ['__proto__', '{"type":"publish","key":"1","text":"x","__proto__":{"role":"admin"}}'],
    ['a text of the wrong type', { type: 'publish', key: '1', text: { toString: 'x' } }],
    ['a key of the wrong shape', { type: 'publish', key: '../../x', text: 'x' }],
    ['no key', { type: 'publish', text: 'x' }],
    ['a negative timeout', { type: 'sanction', key: '1', userId: 'us_x', handle: 'x', seconds: -1 }],
    ['a second hello', { type: 'hello', protocol: 1 }],
  ])('closes for good on %s', async (_, frame) => {
    const socket = await joinAs('us_ann');
    socket.send(frame);
    expect(await socket.closeCode()).toBe(closeCodes.malformed.code);
  });

  it.each<[string, Position]>([
    ['above the top', { epoch: 'E', offset: 1e9 }],
    ['of another epoch', { epoch: 'unknown', offset: 0 }],
  ])('gives history, not a recovery, for a position %s', async (_, { epoch, offset }) => {
    const first = await joinAs('us_ann');
    const current = first.frames.find((frame) => frame.type === 'history')?.epoch;
    const socket = await socketAt('/api/chat/ws?streamId=st_hostile').opened();
    await socket.joined({ token: 'us_bob', recover: { epoch: epoch === 'E' ? (current ?? '') : epoch, offset } });
    await until('history', () => socket.frames.some(({ type }) => type === 'history'));
    expect(socket.frames[0]).toMatchObject({ type: 'welcome', recovered: false });
  });

  it.each<[string, unknown]>([
    ['negative', -1],
    ['fractional', 1.5],
    ['not a number', null],
    ['a text', '1'],
  ])('refuses an offset that is %s', async (_, offset) => {
    const socket = await socketAt('/api/chat/ws?streamId=st_hostile').opened();
    socket.send({ type: 'hello', protocol: 1, token: 'us_ann', recover: { epoch: 'x', offset } });
    expect(await socket.closeCode()).toBe(closeCodes.malformed.code);
  });

  it('closes on a frame above the size limit, and on bytes that are no text', async () => {
    const large = await joinAs('us_ann');
    large.send({ type: 'publish', key: '1', text: 'x'.repeat(longestFrameBytes) });
    expect(await large.closeCode()).toBe(1009);
    const garbled = await joinAs('us_bob');
    garbled.webSocket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect(await garbled.closeCode()).toBe(1007);
  });

  it('closes on a message in more fragments than any client needs', async () => {
    const socket = await joinAs('us_ann');
    for (let fragment = 0; fragment < 40; fragment += 1) socket.webSocket.send('x', { fin: false });
    expect([1008, 1009]).toContain(await socket.closeCode());
  });

  it('never delivers markup as anything but text', async () => {
    const socket = await joinAs('us_ann');
    const text = '<img src=x onerror=alert(1)>"\\u0000';
    socket.send({ type: 'publish', key: 'html', text });
    expect(await socket.answerTo('html')).toMatchObject({ type: 'ack' });
    await until('it comes back', () => socket.frames.some(({ type }) => type === 'batch'));
    const batch = socket.frames.find((frame) => frame.type === 'batch');
    expect(batch).toMatchObject({ events: [{ text }] });
  });

  it('turns away other protocol versions', async () => {
    const socket = await socketAt('/api/chat/ws?streamId=st_hostile').opened();
    socket.send({ type: 'hello', protocol: 2, token: 'us_ann' });
    expect(await socket.closeCode()).toBe(closeCodes['protocol-unsupported'].code);
  });

  it('wants a ticket or a token', async () => {
    const socket = await socketAt('/api/chat/ws?streamId=st_hostile').joined();
    expect(await socket.closeCode()).toBe(closeCodes.unauthenticated.code);
    const forged = await socketAt('/api/chat/ws?streamId=st_hostile').joined({ token: 'nobody' });
    expect(await forged.closeCode()).toBe(closeCodes.unauthenticated.code);
  });

  it('takes a ticket once, and for its own room only', async () => {
    chat.board.set('st_other');
    const path = await takeTicket(chat.url(1), 'st_hostile', 'us_ann');
    const first = await socketAt(path).joined();
    expect(first.frames[0]).toMatchObject({ type: 'welcome', you: { id: 'us_ann' } });
    const replayed = await socketAt(path).joined();
    expect(await replayed.closeCode()).toBe(closeCodes['ticket-invalid'].code);
    const other = (await takeTicket(chat.url(1), 'st_hostile', 'us_ann')).replace('st_hostile', 'st_other');
    expect(await (await socketAt(other).joined()).closeCode()).toBe(closeCodes['ticket-invalid'].code);
  });

  it('refuses upgrades from pages of other origins', async () => {
    const evil = socketAt('/api/chat/ws?streamId=st_hostile', { origin: 'https://evil.example' });
    await until('refused', () => evil.refusedWith === 403);
    const nothing = socketAt('/api/chat/ws?streamId=st_hostile', { origin: 'null' });
    await until('refused', () => nothing.refusedWith === 403);
    const ours = await socketAt('/api/chat/ws?streamId=st_hostile', { origin: 'https://headend.example' }).opened();
    expect(ours.refusedWith).toBeUndefined();
  });

  it.each(['/api/chat/ws', '/api/chat/ws?streamId=', '/api/chat/ws?streamId=a%2Fb', '/other?streamId=st_1', '//'])(
    'refuses to upgrade %s',
    async (path) => {
      const socket = socketAt(path);
      await until('refused', () => socket.refusedWith === 404);
    },
  );

  it('says that there is no such stream', async () => {
    const socket = await socketAt('/api/chat/ws?streamId=st_nowhere').joined({ token: 'us_ann' });
    expect(await socket.closeCode()).toBe(closeCodes['no-such-room'].code);
  });

  it('closes sockets that flood, after telling them', async () => {
    const socket = await joinAs('us_flood');
    for (let n = 0; n < 100; n += 1) socket.send({ type: 'publish', key: `f${n}`, text: 'flood' });
    expect(await socket.closeCode()).toBe(closeCodes.abusive.code);
    expect(socket.frames.filter((frame) => frame.type === 'refused').length).toBeGreaterThan(10);
  });

  it('gives one address only so many sockets', async () => {
    const all = Array.from({ length: 80 }, () => socketAt('/api/chat/ws?streamId=st_hostile'));
    await until('the excess is refused', () => all.filter(({ refusedWith }) => refusedWith === 429).length === 20);
  });

  it('lets go of a client that never reads, and keeps serving the others', async () => {
    const stalled = await joinAs('us_stalled');
    const reader = await joinAs('us_reader');
    stalled.webSocket.pause();

    // More than the buffers of both kernels' ends and the server's bound take together.
    const settings = { REDIS_URL: chat.redis.url, REDIS_CLUSTER: true };
    const commands = connectRedis(settings, { purpose: 'commands', log: silent });
    const broker = createRedisBroker(commands, commands);
    const event = JSON.stringify({
      type: 'message',
      user: { id: 'us_x', handle: 'x', role: 'viewer' },
      text: 'x'.repeat(4_000),
    });
    const publish = (n: number) =>
      broker.publish('st_hostile', { author: 'us_x', receipt: `flood-${n}`, event, slowModeMs: 0 });
    for (let n = 0; n < 4_000; n += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, index) => publish(n + index)));
    }
    commands.disconnect();

    await until('the stalled one is out', () => chat.pod(0).service.gateway.size === 1, 10_000);
    const received = () => reader.frames.flatMap((frame) => (frame.type === 'batch' ? frame.events : [])).length;
    await until('the reader has everything', () => received() >= 4_000, 10_000);
    expect(reader.closed).toBeUndefined();
  });

  it('does not keep a half-sent upgrade for ever, and answers others meanwhile', async () => {
    const slow = connect(chat.pod(0).port, '127.0.0.1');
    slow.write('GET /api/chat/ws?streamId=st_hostile HTTP/1.1\r\nHost: x\r\n');
    const other = await joinAs('us_ann');
    expect(other.frames[0]).toMatchObject({ type: 'welcome' });
    slow.destroy();
  });
});
