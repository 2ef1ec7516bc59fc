import fc from 'fast-check';
import { type PrivateMongo, startMongo } from '../../runtime/local/testing';
import type { Role } from '../../runtime/shared/contract';
import { newId } from '../../runtime/shared/ids';
import { type AuthUnderTest, startAuth } from '../auth/harness';
import { Gate, newBroadcaster, type StreamUnderTest, startStream } from '../stream/harness';
import { AnswerCheck, type Fuzzed, fetchDocument, operationsOf, requestsOf } from './fuzz';
import { type Answered, call, type ServiceUnderTest, serviceToken, startServiceUnderTest } from './service';

/** Runs per operation; `FUZZ_RUNS=2000` digs deeper. */
const runs = Number(process.env.FUZZ_RUNS ?? 25);

interface FuzzTarget {
  readonly baseUrl: string;
  readonly service: string;
  /** Values that exist, by parameter name. */
  readonly known: Readonly<Record<string, readonly string[]>>;
  /** Who asks; a fresh token each time, so that limits per user are not all that is ever seen. */
  readonly callers: Readonly<Record<string, () => Promise<Record<string, string>>>>;
  /** Streams of events have no end to wait for. */
  readonly except: readonly string[];
}

async function fuzz(target: FuzzTarget): Promise<Map<string, Set<number>>> {
  const document = await fetchDocument(target.baseUrl, target.service);
  const check = new AnswerCheck(document);
  const seen = new Map<string, Set<number>>();
  for (const operation of operationsOf(document)) {
    const { operationId } = operation.operation;
    if (target.except.includes(operationId)) continue;
    const statuses = new Set<number>();
    seen.set(operationId, statuses);
    await fc.assert(
      fc.asyncProperty(requestsOf(operation, target.known, Object.keys(target.callers)), async (request) => {
        const headers = (await target.callers[request.as]?.()) ?? {};
        const answer = await send(target.baseUrl, operation, request.path, request.body, headers);
        statuses.add(answer.status);
        const faults = check.faultsOf(operation, answer);
        if (faults.length > 0) {
          throw new Error(`${operation.method} ${request.path} as ${request.as}: ${faults.join('; ')}`);
        }
      }),
      { numRuns: runs, endOnFailure: true },
    );
  }
  return seen;
}

function send(
  baseUrl: string,
  { method }: Fuzzed,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answered> {
  return call(baseUrl, path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** A fuzzer that never gets past validation proves little: these must have answered with success. */
function expectReached(seen: Map<string, Set<number>>, operations: readonly string[]): void {
  const successful = [...seen].filter(([, statuses]) => [...statuses].some((status) => status < 300)).map(([id]) => id);
  expect(successful).toEqual(expect.arrayContaining([...operations]));
}

describe('auth’s OpenAPI document', () => {
  let auth: AuthUnderTest;
  beforeAll(async () => {
    auth = await startAuth();
  }, 90_000);
  afterAll(() => auth?.stop());

  it('is exact: no 5xx, no undocumented answer', async () => {
    const signUp = () => {
      const handle = `u${newId('x').slice(2)}`;
      const body = { handle, email: `${handle}@example.org`, password: 'correct horse battery' };
      return call(auth.baseUrl, '/api/auth/signup', { body });
    };
    const account = await signUp();
    const session = await call(auth.baseUrl, '/api/auth/sessions', { token: account.body.accessToken });
    const seen = await fuzz({
      baseUrl: auth.baseUrl,
      service: 'auth',
      known: { userId: [account.body.user.id], sessionId: [session.body.sessions[0].id] },
      callers: {
        nobody: async () => ({}),
        'a page': async () => {
          const fresh = await signUp();
          const [cookie = ''] = (fresh.headers.get('set-cookie') ?? '').split(';');
          return { ...bearer(fresh.body.accessToken), cookie, 'x-headend-client': 'fuzz' };
        },
      },
      except: [],
    });
    expectReached(seen, ['signUp', 'refresh', 'logOut', 'getMe', 'listSessions', 'getJwks', 'logOutEverywhere']);
  }, 240_000);
});

describe('stream’s OpenAPI document', () => {
  let stream: StreamUnderTest;
  beforeAll(async () => {
    stream = await startStream();
  }, 90_000);
  afterAll(() => stream?.stop());

  it('is exact: no 5xx, no undocumented answer', async () => {
    const owner = await newBroadcaster(stream);
    const live = await new Gate(stream).publish(owner.streamKey);
    await new Gate(stream).show(live.streamId);
    const asUser = (role: Role, userId?: string) => async () =>
      bearer(await stream.issuer.token({ userId: userId ?? newId('us'), role }));
    const seen = await fuzz({
      baseUrl: stream.baseUrl,
      service: 'stream',
      known: {
        handle: [owner.handle],
        keyId: [owner.keyId],
        streamId: [live.streamId],
        userId: [owner.userId],
      },
      callers: {
        nobody: async () => ({}),
        'the owner': asUser('broadcaster', owner.userId),
        'someone else': asUser('broadcaster'),
        'an administrator': asUser('admin'),
        'a process': async () => bearer(await serviceToken(stream.secrets, 'ingest')),
      },
      except: ['streamRevocations', 'receiveLivekitWebhook', 'deleteChannel', 'forgetAccount'],
    });
    expectReached(seen, ['createChannel', 'getChannel', 'listLiveStreams', 'getStream', 'getIngest', 'getPlayback']);
  }, 300_000);
});

describe.each(['chat', 'analytics'] as const)('%s’s OpenAPI document', (service) => {
  let stream: StreamUnderTest;
  let mongo: PrivateMongo;
  let running: ServiceUnderTest;
  beforeAll(async () => {
    [stream, mongo] = await Promise.all([startStream(), startMongo()]);
    running = await startServiceUnderTest(service, {
      TOKEN_ISSUER: stream.issuer.issuer,
      JWKS_URL: stream.issuer.jwksUrl,
      SERVICE_JWKS_FILE: stream.secrets.serviceJwksFile,
      SERVICE_KEY_FILE: stream.secrets.serviceKeyFile(service),
      REDIS_URL: stream.redis.url,
      REDIS_CLUSTER: String(stream.redis.cluster),
      MONGO_URL: mongo.url,
      MONGO_DATABASE: service,
      STREAM_URL: stream.baseUrl,
      CHAT_ROUTING: 'any-pod',
      POD_NAME: 'chat-0',
    });
  }, 120_000);
  afterAll(async () => {
    await running?.stop();
    await Promise.all([stream?.stop(), mongo?.stop()]);
  });

  it('is exact: no 5xx, no undocumented answer', async () => {
    const owner = await newBroadcaster(stream);
    const live = await new Gate(stream).publish(owner.streamKey);
    await new Gate(stream).show(live.streamId);
    const seen = await fuzz({
      baseUrl: running.baseUrl,
      service,
      known: { streamId: [live.streamId], userId: [owner.userId] },
      callers: {
        nobody: async () => ({}),
        'the owner': async () => bearer(await stream.issuer.token({ userId: owner.userId })),
        'someone else': async () => bearer(await stream.issuer.token({ userId: newId('us'), role: 'viewer' })),
      },
      // Upgrades are the chat protocol's own tests.
      except: ['connect', 'connectShard'],
    });
    expectReached(seen, service === 'chat' ? ['getRoom', 'getHistory'] : ['getViewers', 'heartbeat']);
  }, 240_000);
});
