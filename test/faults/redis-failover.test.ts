import { createRedisBroker } from '../../runtime/chat/broker/redis-broker';
import { connectRedis } from '../../runtime/shared/redis';
import { type ChatPod, PolicyBoard, silent, startChatPod, until, Visitor } from '../chat/support/chat-pod';
import { Crowd, expectDense, neverLeft } from './support/crowd';
import { report } from './support/report';
import { type FaultyServer, type RedisPair, startFaultyMongo, startRedisPair } from './support/servers';

jest.setTimeout(120_000);

describe('the primary Redis dies under load and its replica is promoted', () => {
  let pair: RedisPair;
  let mongo: FaultyServer;
  let pods: ChatPod[];
  const board = new PolicyBoard();

  beforeAll(async () => {
    [pair, mongo] = await Promise.all([startRedisPair(), startFaultyMongo()]);
    const servers = { redis: { url: pair.primary.url, cluster: true }, mongo };
    pods = [await startChatPod(servers, board), await startChatPod(servers, board, { podName: 'chat-1' })];
  });

  afterAll(async () => {
    for (const pod of pods ?? []) await pod.stop();
    await pair?.remove();
    await mongo?.remove();
  });

  it('keeps every acknowledged message and every socket, and begins a new epoch', async () => {
    board.set('st_failover');
    const urls = pods.map(({ url }) => url);
    const crowd = new Crowd(urls, 'st_failover', 12);
    await crowd.enter();
    const readers = urls.map((url) => new Visitor(url, 'st_failover'));
    await until('some were written', () => crowd.acknowledged.length >= 60, 20_000);

    const killedAt = Date.now();
    await pair.primary.kill();
    const before = crowd.acknowledged.length;
    await pair.promote();
    await until('writing goes on', () => crowd.acknowledged.length >= before + 30, 40_000);
    const firstAfter = crowd.acknowledged[before + 12];
    await crowd.stop();
    const outageMs = Date.now() - killedAt;

    const commands = connectRedis(
      { REDIS_URL: pair.replica.url, REDIS_CLUSTER: true },
      { purpose: 'commands', log: silent },
    );
    const log = await createRedisBroker(commands, commands).read('st_failover');
    commands.disconnect();
    const kept = new Set(log.entries.map(({ epoch, offset, json }) => `${epoch} ${offset} ${JSON.parse(json).text}`));
    const oldest = log.entries[0]?.offset ?? 0;
    const lost = crowd.acknowledged
      .filter(({ offset }) => offset >= oldest)
      .filter(({ epoch, offset, text }) => !kept.has(`${epoch} ${offset} ${text}`));
    expect(lost).toEqual([]);
    const epochs = new Set(crowd.acknowledged.map(({ epoch }) => epoch));
    expect(epochs.size).toBe(2);
    expect(firstAfter?.epoch).not.toBe(crowd.acknowledged[0]?.epoch);

    const newest = log.entries.at(-1)?.offset;
    for (const reader of readers) {
      await until('the reader is level', () => reader.events.at(-1)?.event.offset === newest, 10_000);
      expectDense(reader);
      expect(reader.states).toEqual(neverLeft);
    }
    for (const writer of crowd.writers) expect(writer.states).toEqual(neverLeft);
    report({
      fault: 'Redis primary killed (SIGKILL), replica promoted',
      injected: `under ${crowd.writers.length} writers`,
      observed: `writing again within ${(outageMs / 1_000).toFixed(1)} s; no socket closed; ${crowd.acknowledged.length} acks checked`,
      lost: lost.length,
    });
    crowd.leave();
    for (const { client } of readers) client.close();
  });
});
