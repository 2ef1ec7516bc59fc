import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Response } from 'express';
import type { z } from 'zod';
import type {
  BroadcastEvent,
  CaptionCue,
  CellReport,
  PublishGrant,
  publishRequest,
  Revocation,
} from '../../../runtime/shared/broadcast';
import { createHttpApp, type Handlers } from '../../../runtime/shared/http';
import { createLogger } from '../../../runtime/shared/log';
import { createRegistry } from '../../../runtime/shared/metrics';
import { Problem, type ProblemCode } from '../../../runtime/shared/problem';
import { createLocalRateLimiter } from '../../../runtime/shared/rate-limit';
import { createServiceVerifier } from '../../../runtime/shared/tokens';
import { streamContract } from '../../../runtime/stream/contract';

export interface StreamDouble {
  readonly url: string;
  /** What each key is answered with; others are wrong. */
  readonly answers: Map<string, PublishGrant | ProblemCode>;
  readonly events: { readonly streamId: string; readonly event: BroadcastEvent }[];
  readonly cells: CellReport[];
  /** What is being said in each broadcast. */
  readonly captions: Map<string, CaptionCue[]>;
  /** What was asked, in order. */
  readonly requests: z.output<typeof publishRequest>[];
  revoke(keyId: string): void;
  /** While cut, every request is answered 503 and the event streams are closed. */
  cut(isCut: boolean): void;
  stop(): Promise<void>;
}

const { authorizePublish, reportBroadcastEvent, streamRevocations, reportCell, listCaptions } = streamContract.routes;
const internalContract = {
  ...streamContract,
  routes: { authorizePublish, reportBroadcastEvent, streamRevocations, reportCell, listCaptions },
};

/**
 * The stream service's internal routes, by its own contract and the real HTTP layer, with a table instead of a
 * database: what gates are told can be chosen key by key.
 */
export async function startStreamDouble(serviceJwksFile: string): Promise<StreamDouble> {
  const answers = new Map<string, PublishGrant | ProblemCode>();
  const events: { streamId: string; event: BroadcastEvent }[] = [];
  const cells: CellReport[] = [];
  const captions = new Map<string, CaptionCue[]>();
  const requests: z.output<typeof publishRequest>[] = [];
  const revocations: Revocation[] = [];
  const listeners = new Set<Response>();
  let isCut = false;
  const reachable = () => {
    if (isCut) throw new Problem('unavailable');
  };
  const handlers: Handlers<typeof internalContract> = {
    async authorizePublish({ body }) {
      reachable();
      requests.push(body);
      const answer = answers.get(body.streamKey) ?? 'stream-key-invalid';
      if (typeof answer === 'string') throw new Problem(answer);
      return { status: 200, body: answer };
    },
    async reportBroadcastEvent({ params, body }) {
      reachable();
      events.push({ streamId: params.streamId, event: body });
      return { status: 204 };
    },
    async streamRevocations({ query }) {
      reachable();
      return {
        status: 200,
        headers: { 'Content-Type': 'text/event-stream' },
        write(response) {
          response.write(': here\n\n');
          for (const revocation of revocations) if (revocation.id > query.after) send(response, revocation);
          listeners.add(response);
          response.once('close', () => listeners.delete(response));
        },
      };
    },
    async reportCell({ body }) {
      reachable();
      cells.push(body);
      return { status: 204 };
    },
    async listCaptions({ params, query: { after = '0-0' } }) {
      reachable();
      const all = captions.get(params.streamId) ?? [];
      return {
        status: 200,
        body: { cues: all.slice(Number.parseInt(after, 10)), last: all.length > 0 ? `${all.length}-0` : null },
      };
    },
  };
  const app = createHttpApp({
    contract: internalContract,
    handlers,
    log: createLogger('stream-double', 'silent'),
    registry: createRegistry('stream'),
    rateLimiter: createLocalRateLimiter(),
    verifyUser: async () => {
      throw new Problem('unauthenticated');
    },
    verifyService: createServiceVerifier(serviceJwksFile),
    allowedOrigins: [],
    trustedProxyHops: 0,
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    events,
    cells,
    captions,
    requests,
    revoke(keyId) {
      const revocation = { id: revocations.length + 1, keyId, streamId: null };
      revocations.push(revocation);
      for (const response of listeners) send(response, revocation);
    },
    cut(cut) {
      isCut = cut;
      if (cut) for (const response of listeners) response.destroy();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: Response, revocation: Revocation): void {
  response.write(`id: ${revocation.id}\ndata: ${JSON.stringify(revocation)}\n\n`);
}
