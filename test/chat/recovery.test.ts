import type { Broker } from '../../runtime/chat/broker/broker';
import { createMemoryBroker } from '../../runtime/chat/broker/memory-broker';
import { mostRecovered } from '../../runtime/chat/protocol';
import { breakableSockets } from './support/breakable-socket';
import { startChatPod, startDeafPod, until, Visitor } from './support/chat-pod';
import { withTwoPods } from './support/servers';

jest.setTimeout(60_000);

describe('recovery', () => {
  const chat = withTwoPods();

  const authors = async (room: string, count: number) => {
    const all = [];
    for (let index = 0; index < count; index += 1) all.push(await chat.visit(index % 2, room, `us_author${index}`));
    return all;
  };

  it('brings back exactly what was missed', async () => {
    chat.board.set('st_gap');
    const line = breakableSockets();
    const [writer] = await authors('st_gap', 1);
    const reader = await chat.visit(1, 'st_gap', undefined, { webSocket: line.constructor });
    await writer?.client.publish('1');
    await until('1 is read', () => reader.texts.length === 1);

    line.cut();
    await writer?.client.publish('2');
    await writer?.client.publish('3');

    await until('2 and 3 are read', () => reader.texts.length === 3);
    expect(reader.texts).toEqual(['1', '2', '3']);
    expect(reader.recoveries).toEqual([false, true]);
  });

  it(`gives history instead when more than ${mostRecovered} events were missed`, async () => {
    chat.board.set('st_long');
    const line = breakableSockets();
    const reader = await chat.visit(1, 'st_long', undefined, { webSocket: line.constructor });
    const writers = await authors('st_long', 40);
    line.cut();
    const publishing = Array.from({ length: mostRecovered + 1 }, (_, n) => writers[n % 40]?.client.publish(`${n}`));
    await until('the reader is back in time to see all', () => reader.client.state !== 'open');
    await Promise.all(publishing);
    line.cut();
    await until('the reader is back', () => reader.recoveries.length >= 2 && reader.client.state === 'open');
    const offsets = reader.events.map(({ event }) => event.offset);
    const first = offsets[0] ?? 0;
    expect(offsets).toEqual(offsets.map((_, index) => first + index));
  });

  it('loses nothing and repeats nothing, however often and whenever connections break', async () => {
    chat.board.set('st_storm');
    const lines = Array.from({ length: 6 }, () => breakableSockets());
    const writers = await authors('st_storm', 20);
    const readers: Visitor[] = [];
    for (const [index, line] of lines.entries()) {
      readers.push(await chat.visit(index % 2, 'st_storm', undefined, { webSocket: line.constructor }));
    }
    const sent: string[] = [];
    for (let n = 0; n < 200; n += 1) {
      const text = `${n}`;
      await writers[n % 20]?.client.publish(text);
      sent.push(text);
      if (n % 4 === 0) lines[Math.floor(Math.random() * lines.length)]?.cut();
    }
    for (const reader of readers) {
      await until('everything is read', () => reader.texts.length >= sent.length, 10_000);
      expect(reader.texts).toEqual(sent);
      expect(reader.recoveries.slice(1)).not.toContain(false);
    }
  });

  it('reads the room at most once per pod when everyone comes back at the same time', async () => {
    chat.board.set('st_herd');
    let reads = 0;
    const memory = createMemoryBroker();
    const counting: Broker = {
      ...memory,
      read: (room, from) => {
        reads += 1;
        return memory.read(room, from);
      },
    };
    const pod = await startChatPod(chat, chat.board, { broker: counting });
    const line = breakableSockets();
    const visitors = Array.from(
      { length: 100 },
      () => new Visitor(pod.url, 'st_herd', undefined, { webSocket: line.constructor }),
    );
    await until('all are in', () => visitors.every(({ client }) => client.state === 'open'));
    const before = reads;
    const started = Date.now();
    line.cut();
    await until('all are back', () => visitors.every(({ recoveries }) => recoveries.length === 2));
    // Beside what the herd causes, a quiet room is checked once a second.
    expect(reads - before).toBeLessThanOrEqual(1 + Math.ceil((Date.now() - started) / 1_000));
    for (const { client } of visitors) client.close();
    await pod.stop();
  });

  it('repeats a command whose answer was lost, and it happens once', async () => {
    chat.board.set('st_once');
    const line = breakableSockets();
    const writer = await chat.visit(0, 'st_once', 'us_ann', { webSocket: line.constructor });
    const publishing = writer.client.publish('only once');
    line.cut();
    await expect(publishing).resolves.toMatchObject({ offset: 1 });
    const late = await chat.visit(1, 'st_once');
    await until('history', () => late.texts.length > 0);
    expect(late.texts).toEqual(['only once']);
  });

  it('finds a message that pub/sub lost within two seconds', async () => {
    chat.board.set('st_lost');
    const pod = await startDeafPod(chat, chat.board);
    const reader = new Visitor(pod.url, 'st_lost', 'us_ann');
    await until('in', () => reader.client.state === 'open');
    await reader.client.publish('unheard');
    await until('it is found', () => reader.texts.length === 1, 2_500);
    reader.client.close();
    await pod.stop();
  });
});
