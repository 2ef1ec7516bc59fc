import { type PrivateMongo, type PrivateRedis, startMongo, startRedis } from '../../runtime/local/testing';
import { type ChatPod, PolicyBoard, startChatPod, until, Visitor } from './support/chat-pod';

jest.setTimeout(60_000);

describe('a chat room over real servers', () => {
  let redis: PrivateRedis;
  let mongo: PrivateMongo;
  let pods: ChatPod[];
  const board = new PolicyBoard();
  const visitors: Visitor[] = [];

  const visit = (pod: number, streamId: string, token?: string): Visitor => {
    const visitor = new Visitor(pods[pod]?.url ?? '', streamId, token);
    visitors.push(visitor);
    return visitor;
  };
  const opened = async (visitor: Visitor): Promise<Visitor> => {
    await until('the visitor is in', () => visitor.client.state === 'open');
    return visitor;
  };

  beforeAll(async () => {
    [redis, mongo] = await Promise.all([startRedis(), startMongo()]);
    pods = [
      await startChatPod({ redis, mongo }, board, { podName: 'chat-0' }),
      await startChatPod({ redis, mongo }, board, { podName: 'chat-1' }),
    ];
  });

  afterEach(() => {
    for (const visitor of visitors.splice(0)) visitor.client.close();
  });

  afterAll(async () => {
    for (const pod of pods ?? []) await pod.stop();
    await redis?.stop();
    await mongo?.stop();
  });

  it('shows a message to everyone, on every pod, and acknowledges it with its offset', async () => {
    board.set('st_hello');
    const ann = await opened(visit(0, 'st_hello', 'us_ann'));
    const reader = await opened(visit(1, 'st_hello'));

    const position = await ann.client.publish('hello :wave:');

    await until('both see it', () => reader.texts.length === 1 && ann.texts.length === 1);
    expect(position.offset).toBe(1);
    expect(reader.events[0]?.event).toMatchObject({
      type: 'message',
      offset: 1,
      text: 'hello :wave:',
      user: { id: 'us_ann', handle: 'ann', role: 'viewer' },
      emotes: [{ id: 'wave', start: 6, end: 12 }],
    });
  });

  it('tells who joins the newest 50 events', async () => {
    board.set('st_history');
    const authors = [];
    for (const name of ['us_a', 'us_b', 'us_c', 'us_d', 'us_e', 'us_f']) {
      authors.push(await opened(visit(0, 'st_history', name)));
    }
    for (let index = 1; index <= 55; index += 1) await authors[index % 6]?.client.publish(`message ${index}`);

    const late = await opened(visit(1, 'st_history'));

    await until('history is there', () => late.texts.length > 0);
    expect(late.texts).toEqual(Array.from({ length: 50 }, (_, index) => `message ${index + 6}`));
  });

  it('archives messages for moderators', async () => {
    board.set('st_archive');
    const ann = await opened(visit(0, 'st_archive', 'us_ann'));
    await ann.client.publish('to be kept');

    const read = () =>
      fetch(`${pods[1]?.url}/api/chat/rooms/st_archive/archive`, { headers: { authorization: 'Bearer us_mod' } });
    await until('it is archived', async () => {
      const { messages } = (await (await read()).json()) as { messages: unknown[] };
      return messages.length === 1;
    });
    expect(await (await read()).json()).toMatchObject({
      messages: [{ text: 'to be kept', userId: 'us_ann', handle: 'ann', deleted: false }],
    });
  });

  it('lets those without an account read, and refuses what they write', async () => {
    board.set('st_anonymous');
    const reader = await opened(visit(0, 'st_anonymous'));
    await expect(reader.client.publish('hi')).rejects.toMatchObject({ code: 'sign-in-required' });
  });
});
