import { type ChatPod, PolicyBoard, startChatPod, until, Visitor } from '../chat/support/chat-pod';
import { Crowd } from './support/crowd';
import { report } from './support/report';
import { type FaultyServer, startFaultyMongo, startFaultyRedis } from './support/servers';

jest.setTimeout(240_000);

const awayMs = 60_000;

describe(`the document store is away for ${awayMs / 1_000} s`, () => {
  let redis: FaultyServer;
  let mongo: FaultyServer;
  let pod: ChatPod;
  const board = new PolicyBoard();

  beforeAll(async () => {
    [redis, mongo] = await Promise.all([startFaultyRedis(), startFaultyMongo()]);
    pod = await startChatPod({ redis: { url: redis.url, cluster: true }, mongo }, board);
  });
  afterAll(async () => {
    await pod?.stop();
    await redis?.remove();
    await mongo?.remove();
  });

  it('chat goes on, a ban works at once, and every message is archived once it is back', async () => {
    board.set('st_archive');
    const crowd = new Crowd([pod.url], 'st_archive', 6);
    await crowd.enter();
    const owner = new Visitor(pod.url, 'st_archive', 'us_owner');
    const eve = new Visitor(pod.url, 'st_archive', 'us_eve');
    await until('in', () => owner.client.state === 'open' && eve.client.state === 'open');
    await until('some were written', () => crowd.acknowledged.length >= 12);

    const end = Date.now() + awayMs;
    // Not killed: the stand-in does not promise to keep its last writes then, as MongoDB does.
    await mongo.shutDown();
    const before = crowd.acknowledged.length;
    const banning = owner.client.sanction({ id: 'us_eve', handle: 'eve' }).catch((error: Error) => error);
    await until('she is out although the ban is not durable yet', () => eve.client.state === 'closed', 10_000);
    await until('the outage is over', () => Date.now() > end, awayMs + 5_000);
    expect(crowd.acknowledged.length).toBeGreaterThan(before + 12);
    await mongo.start();
    await banning;
    await owner.client.sanction({ id: 'us_eve', handle: 'eve' });
    await crowd.stop();

    const archived = async () => {
      const found = new Set<string>();
      let before = '';
      for (;;) {
        const path = `/api/chat/rooms/st_archive/archive?limit=200${before}`;
        const answer = await fetch(pod.url + path, { headers: { authorization: 'Bearer us_owner' } });
        if (!answer.ok) throw new Error(`the archive answered ${answer.status} ${await answer.text()}`);
        const { messages } = (await answer.json()) as { messages: { text: string; messageId: string }[] };
        for (const { text } of messages) found.add(text);
        const oldest = messages.at(-1);
        if (!oldest || messages.length < 200) return found;
        before = `&before=${oldest.messageId}`;
      }
    };
    let missing: string[] = [];
    const areAllArchived = async () => {
      const found = await archived();
      missing = crowd.acknowledged.map(({ text }) => text).filter((text) => !found.has(text));
      return missing.length === 0;
    };
    await until('all are archived', areAllArchived, 40_000).catch((error: Error) => {
      throw new Error(`${error.message}; missing ${missing.length} of ${crowd.acknowledged.length}: ${missing}`);
    });
    report({
      fault: 'document store shut down',
      injected: `${awayMs / 1_000} s under 6 writers`,
      observed: `chat and bans went on; ${crowd.acknowledged.length} messages archived afterwards`,
      lost: 0,
    });
    crowd.leave();
    owner.client.close();
    eve.client.close();
  });
});
