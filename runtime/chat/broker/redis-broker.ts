import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RedisClient } from '../../shared/redis';
import { mostRecovered } from '../protocol';
import {
  type Broker,
  claimMs,
  type Entry,
  type Outcome,
  outboxBatch,
  outboxLength,
  presenceTtlMs,
  type RoomReading,
  type RoomStateReading,
  receiptSeconds,
  roomTtlSeconds,
  type SanctionEnd,
} from './broker';
import { createConfirmer } from './confirm';
import { formatEntry, parseEntry } from './entry';

/** One hash tag per room: what a script touches is in one slot, and a room's load stays on one shard of Redis. */
const keys = {
  meta: (room: string) => `chat:{${room}}:meta`,
  log: (room: string) => `chat:{${room}}:log`,
  outbox: (room: string) => `chat:{${room}}:outbox`,
  claim: (room: string) => `chat:{${room}}:claim`,
  presence: (room: string) => `chat:{${room}}:presence`,
  confirm: (room: string) => `chat:{${room}}:confirm`,
  policyCheck: (room: string) => `chat:{${room}}:policy-check`,
  receipt: (room: string, receipt: string) => `chat:{${room}}:receipt:${receipt}`,
  slow: (room: string, author: string) => `chat:{${room}}:slow:${author}`,
  channel: (room: string) => `chat:{${room}}`,
};

type Arguments = readonly (string | number)[];
type ScriptAnswer = ['done', string, number, number, string] | ['refused', string, number] | ['unseeded'];

interface Scripts {
  chatRead(...parameters: Arguments): Promise<[string, number, string[], string[]]>;
  chatPublish(...parameters: Arguments): Promise<ScriptAnswer>;
  chatModerate(...parameters: Arguments): Promise<ScriptAnswer>;
  chatSeed(...parameters: Arguments): Promise<number>;
  chatConfirm(...parameters: Arguments): Promise<string>;
  chatClaimOutbox(...parameters: Arguments): Promise<string[]>;
  chatSettleOutbox(...parameters: Arguments): Promise<number>;
  chatCountPresence(...parameters: Arguments): Promise<number>;
}

/** @param subscriber a client of its own: while subscribed it takes no other commands */
export function createRedisBroker(commands: RedisClient, subscriber: RedisClient): Broker {
  const scripts = defineScripts(commands);
  const confirm = createConfirmer(commands);
  const listeners = listen(subscriber);

  const outcome = async (room: string, answer: ScriptAnswer): Promise<Outcome> => {
    if (answer[0] === 'unseeded') return { kind: 'unseeded' };
    if (answer[0] === 'refused') {
      return { kind: 'refused', code: answer[1] as 'banned' | 'timed-out' | 'slow-mode', waitMs: answer[2] };
    }
    const [, epoch, offset, replicas, run] = answer;
    if (replicas > 0 && !(await confirm(keys.confirm(room), run))) return { kind: 'unconfirmed' };
    return { kind: 'done', epoch, offset };
  };
  const eventKeys = (room: string, receipt: string) => [
    keys.meta(room),
    keys.log(room),
    keys.outbox(room),
    keys.receipt(room, receipt),
    keys.channel(room),
  ];

  return {
    async read(room, from) {
      const [epoch, offset, meta, entries] = await scripts.chatRead(
        keys.meta(room),
        keys.log(room),
        freshEpoch(),
        from?.epoch ?? '',
        from?.offset ?? 0,
      );
      return {
        epoch,
        offset,
        entries: entries.map(parseEntry),
        ...(meta.length > 0 && { state: readState(meta) }),
      } satisfies RoomReading;
    },
    async publish(room, { author, receipt, event, slowModeMs }) {
      const answer = await scripts.chatPublish(
        ...eventKeys(room, receipt),
        keys.slow(room, author),
        freshEpoch(),
        author,
        withoutBrace(event),
        slowModeMs,
      );
      return outcome(room, answer);
    },
    async moderate(room, { receipt, event, effect }) {
      const [field, value] = metaChange(effect);
      const answer = await scripts.chatModerate(
        ...eventKeys(room, receipt),
        freshEpoch(),
        withoutBrace(event),
        field,
        value,
      );
      return outcome(room, answer);
    },
    async seed(room, { policy, sanctions }) {
      const pairs = [...sanctions].flatMap(([userId, end]) => [userId, String(end)]);
      await scripts.chatSeed(keys.meta(room), keys.log(room), freshEpoch(), policy, ...pairs);
    },
    subscribe: (room, listener) => listeners.add(keys.channel(room), listener),
    countPresence: (room, pod, sockets) => scripts.chatCountPresence(keys.presence(room), pod, sockets, presenceTtlMs),
    async readPresence(room) {
      const figures = await commands.hvals(keys.presence(room));
      const now = Date.now();
      return figures.reduce((sum, figure) => {
        const [sockets = 0, expiry = 0] = figure.split(' ').map(Number);
        return expiry > now ? sum + sockets : sum;
      }, 0);
    },
    async claimPolicyCheck(room, intervalMs) {
      return (await commands.set(keys.policyCheck(room), '1', 'PX', intervalMs, 'NX')) === 'OK';
    },
    async claimOutbox(room, claimant) {
      const entries = await scripts.chatClaimOutbox(
        keys.outbox(room),
        keys.claim(room),
        claimant,
        claimMs,
        outboxBatch,
      );
      return entries.map(parseEntry);
    },
    settleOutbox: (room, claimant, archived) =>
      scripts.chatSettleOutbox(keys.outbox(room), keys.claim(room), claimant, ...archived.map(formatEntry)),
  };
}

function defineScripts(commands: RedisClient): Scripts {
  const file = (name: string) => readFileSync(join(__dirname, `${name}.lua`), 'utf8');
  const constants = [
    `local log_length = ${mostRecovered}`,
    `local outbox_length = ${outboxLength}`,
    `local ttl_seconds = ${roomTtlSeconds}`,
    `local receipt_seconds = ${receiptSeconds}`,
    '',
  ].join('\n');
  const define = (command: keyof Scripts, numberOfKeys: number, lua: string) =>
    commands.defineCommand(command, { lua, numberOfKeys });
  const onRoom = (...files: string[]) => constants + ['room', ...files].map(file).join('\n');
  define('chatRead', 2, onRoom('read'));
  define('chatSeed', 2, onRoom('seed'));
  define('chatPublish', 6, onRoom('append', 'publish'));
  define('chatModerate', 5, onRoom('append', 'moderate'));
  define('chatConfirm', 1, file('confirm'));
  define('chatClaimOutbox', 2, file('claim-outbox'));
  define('chatSettleOutbox', 2, file('settle-outbox'));
  define('chatCountPresence', 1, file('count-presence'));
  return commands as RedisClient & Scripts;
}

/** Offered with every call; a script takes it only where a new epoch begins. */
const freshEpoch = () => randomBytes(6).toString('base64url');

const withoutBrace = (json: string) => json.slice(1);

const sanctionField = 'sanction:';

function metaChange(effect: Parameters<Broker['moderate']>[1]['effect']): [field: string, value: string] {
  switch (effect?.type) {
    case 'sanction':
      return [sanctionField + effect.userId, String(effect.end)];
    case 'pardon':
      return [sanctionField + effect.userId, ''];
    case 'policy':
      return ['policy', effect.policy];
    case undefined:
      return ['', ''];
  }
}

function readState(meta: readonly string[]): RoomStateReading {
  const fields = new Map<string, string>();
  const sanctions = new Map<string, SanctionEnd>();
  for (let index = 0; index + 1 < meta.length; index += 2) {
    const [name = '', value = ''] = [meta[index], meta[index + 1]];
    if (name.startsWith(sanctionField)) {
      sanctions.set(name.slice(sanctionField.length), value === 'ban' ? 'ban' : Number(value));
    } else fields.set(name, value);
  }
  return { seeded: fields.has('seeded'), policy: fields.get('policy'), sanctions };
}

type Listener = (entry: Entry) => void;

/** One sharded subscription per room and process, however many listen. */
function listen(subscriber: RedisClient) {
  const byChannel = new Map<string, Set<Listener>>();
  subscriber.on('smessage', (channel: string, text: string) => {
    const entry = parseEntry(text);
    for (const listener of byChannel.get(channel) ?? []) listener(entry);
  });
  return {
    async add(channel: string, listener: Listener) {
      const listeners = byChannel.get(channel) ?? new Set();
      byChannel.set(channel, listeners.add(listener));
      if (listeners.size === 1) await subscriber.ssubscribe(channel);
      return async () => {
        listeners.delete(listener);
        if (listeners.size > 0 || byChannel.get(channel) !== listeners) return;
        byChannel.delete(channel);
        await subscriber.sunsubscribe(channel);
      };
    },
  };
}
