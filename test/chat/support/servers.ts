import type { ChatDependencies } from '../../../runtime/chat/service';
import { type PrivateMongo, type PrivateRedis, startMongo, startRedis } from '../../../runtime/local/testing';
import { type ChatPod, PolicyBoard, startChatPod, until, Visitor } from './chat-pod';

/** Two pods over one Redis and one document store, for the tests of one file. */
export function withTwoPods(change: Partial<ChatDependencies> = {}) {
  const board = new PolicyBoard();
  const visitors: Visitor[] = [];
  const pods: ChatPod[] = [];
  let redis: PrivateRedis;
  let mongo: PrivateMongo;

  beforeAll(async () => {
    [redis, mongo] = await Promise.all([startRedis(), startMongo()]);
    for (const podName of ['chat-0', 'chat-1']) {
      pods.push(await startChatPod({ redis, mongo }, board, { podName, ...change }));
    }
  }, 60_000);

  afterEach(() => {
    for (const visitor of visitors.splice(0)) visitor.client.close();
  });

  afterAll(async () => {
    for (const pod of pods) await pod.stop();
    await redis?.stop();
    await mongo?.stop();
  });

  return {
    board,
    get redis() {
      return redis;
    },
    get mongo() {
      return mongo;
    },
    url: (pod: number) => pods[pod]?.url ?? '',
    pod: (index: number) => pods[index] as ChatPod,
    /** Enters a room at a pod, and waits until it is in. */
    async visit(pod: number, streamId: string, token?: string, options: ConstructorParameters<typeof Visitor>[3] = {}) {
      const visitor = new Visitor(pods[pod]?.url ?? '', streamId, token, options);
      visitors.push(visitor);
      await until('the visitor is in', () => visitor.client.state === 'open' || visitor.client.state === 'closed');
      return visitor;
    },
  };
}
