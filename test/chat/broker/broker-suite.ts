import { randomUUID } from 'node:crypto';
import type { Broker, Entry } from '../../../runtime/chat/broker/broker';
import { mostRecovered } from '../../../runtime/chat/protocol';
import { until } from '../support/chat-pod';

/** What every broker promises; run once per implementation. */
export function describeBroker(make: () => Broker): void {
  const message = (text: string, author = 'us_ann') => ({
    author,
    receipt: randomUUID(),
    event: JSON.stringify({ type: 'message', user: { id: author, handle: author, role: 'viewer' }, text }),
    slowModeMs: 0,
  });
  const seeded = async (sanctions: ReadonlyMap<string, number | 'ban'> = new Map()) => {
    const broker = make();
    const room = `st_${randomUUID().slice(0, 8)}`;
    await broker.seed(room, { policy: '{"any":"json"}', sanctions });
    return { broker, room };
  };

  it('assigns dense offsets in order, to publishers that race each other', async () => {
    const { broker, room } = await seeded();
    const outcomes = await Promise.all(Array.from({ length: 100 }, (_, n) => broker.publish(room, message(`m${n}`))));
    const offsets = outcomes.map((outcome) => (outcome.kind === 'done' ? outcome.offset : -1));
    expect([...offsets].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
    const { entries, offset } = await broker.read(room);
    expect(offset).toBe(100);
    expect(entries.map((entry) => entry.offset)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  });

  it('gives a repeated command its first answer and no second event', async () => {
    const { broker, room } = await seeded();
    const once = message('once');
    const first = await broker.publish(room, once);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => broker.publish(room, once)));
    for (const outcome of outcomes) expect(outcome).toEqual(first);
    expect((await broker.read(room)).entries).toHaveLength(1);
  });

  it('tells subscribers every event with its offset in the JSON', async () => {
    const { broker, room } = await seeded();
    const heard: Entry[] = [];
    const unsubscribe = await broker.subscribe(room, (entry) => heard.push(entry));
    await broker.publish(room, message('hello "there" \\ ✓'));
    await until('it is heard', () => heard.length === 1);
    expect(JSON.parse(heard[0]?.json ?? '')).toMatchObject({ offset: 1, type: 'message', text: 'hello "there" \\ ✓' });
    await unsubscribe();
    await broker.publish(room, message('unheard'));
    expect(await broker.read(room)).toMatchObject({ offset: 2 });
    expect(heard).toHaveLength(1);
  });

  it('reads exactly what came after a position, and all that is kept for a foreign epoch', async () => {
    const { broker, room } = await seeded();
    for (const text of ['a', 'b', 'c']) await broker.publish(room, message(text));
    const { epoch } = await broker.read(room);
    const after = await broker.read(room, { epoch, offset: 1 });
    expect(after.entries.map((entry) => entry.offset)).toEqual([2, 3]);
    expect((await broker.read(room, { epoch, offset: 3 })).entries).toEqual([]);
    expect((await broker.read(room, { epoch: 'another', offset: 1 })).entries).toHaveLength(3);
    expect((await broker.read(room, { epoch, offset: 99 })).entries).toHaveLength(3);
  });

  it(`keeps the newest ${mostRecovered} events`, async () => {
    const { broker, room } = await seeded();
    await Promise.all(Array.from({ length: mostRecovered + 20 }, (_, n) => broker.publish(room, message(`${n}`))));
    const { entries, offset } = await broker.read(room);
    expect(entries).toHaveLength(mostRecovered);
    expect(entries.at(-1)?.offset).toBe(offset);
    expect(entries[0]?.offset).toBe(21);
  });

  it('takes nothing before it knows who may not write', async () => {
    const broker = make();
    const room = `st_${randomUUID().slice(0, 8)}`;
    expect(await broker.publish(room, message('too early'))).toEqual({ kind: 'unseeded' });
    expect((await broker.read(room)).state?.seeded).toBe(false);
    await broker.seed(room, { policy: 'first', sanctions: new Map() });
    await broker.seed(room, { policy: 'second', sanctions: new Map([['us_ann', 'ban']]) });
    expect(await broker.publish(room, message('now'))).toMatchObject({ kind: 'done' });
    expect((await broker.read(room)).state).toMatchObject({ seeded: true, policy: 'first' });
  });

  it('refuses the banned and the timed out, and takes them back when pardoned', async () => {
    const { broker, room } = await seeded(new Map([['us_ban', 'ban' as const]]));
    expect(await broker.publish(room, message('x', 'us_ban'))).toEqual({ kind: 'refused', code: 'banned', waitMs: 0 });
    const sanction = { receipt: randomUUID(), event: '{"type":"sanctioned"}' };
    const end = Date.now() + 60_000;
    await broker.moderate(room, { ...sanction, effect: { type: 'sanction', userId: 'us_ann', end } });
    const refused = await broker.publish(room, message('x'));
    expect(refused).toMatchObject({ kind: 'refused', code: 'timed-out' });
    expect(refused.kind === 'refused' && refused.waitMs).toBeGreaterThan(55_000);
    await broker.moderate(room, {
      receipt: randomUUID(),
      event: '{"type":"pardoned"}',
      effect: { type: 'pardon', userId: 'us_ann' },
    });
    expect(await broker.publish(room, message('back'))).toMatchObject({ kind: 'done' });
  });

  it('holds one author to slow mode, by the broker’s own clock, and nobody else', async () => {
    const { broker, room } = await seeded();
    const slow = (author: string) => broker.publish(room, { ...message('x', author), slowModeMs: 30_000 });
    expect(await slow('us_ann')).toMatchObject({ kind: 'done' });
    const second = await slow('us_ann');
    expect(second).toMatchObject({ kind: 'refused', code: 'slow-mode' });
    expect(second.kind === 'refused' && second.waitMs).toBeGreaterThan(25_000);
    expect(await slow('us_bob')).toMatchObject({ kind: 'done' });
  });

  it('changes the policy as an event', async () => {
    const { broker, room } = await seeded();
    const change = { receipt: randomUUID(), event: '{"type":"settings"}' };
    expect(await broker.moderate(room, { ...change, effect: { type: 'policy', policy: 'new' } })).toMatchObject({
      kind: 'done',
      offset: 1,
    });
    expect((await broker.read(room)).state?.policy).toBe('new');
  });

  it('hands the outbox to one claimant, and keeps what is not settled', async () => {
    const { broker, room } = await seeded();
    for (const text of ['a', 'b']) await broker.publish(room, message(text));
    const claimed = await broker.claimOutbox(room, 'pod-1');
    expect(claimed.map((entry) => entry.offset)).toEqual([1, 2]);
    expect(await broker.claimOutbox(room, 'pod-2')).toEqual([]);
    await broker.publish(room, message('c'));
    expect(await broker.settleOutbox(room, 'pod-2', claimed)).toBe(3);
    expect(await broker.settleOutbox(room, 'pod-1', claimed)).toBe(1);
    expect((await broker.claimOutbox(room, 'pod-2')).map((entry) => entry.offset)).toEqual([3]);
  });

  it('adds up the sockets of all pods', async () => {
    const { broker, room } = await seeded();
    expect(await broker.countPresence(room, 'pod-1', 3)).toBe(3);
    expect(await broker.countPresence(room, 'pod-2', 4)).toBe(7);
    expect(await broker.countPresence(room, 'pod-1', 1)).toBe(5);
    expect(await broker.readPresence(room)).toBe(5);
  });

  it('lets one caller per interval ask for the policy', async () => {
    const { broker, room } = await seeded();
    const claims = await Promise.all(Array.from({ length: 10 }, () => broker.claimPolicyCheck(room, 60_000)));
    expect(claims.filter(Boolean)).toHaveLength(1);
  });
}
