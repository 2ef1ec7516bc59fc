import type { z } from 'zod';
import type { BroadcastEvent, CellReport, PublishGrant, publishRequest } from '../../shared/broadcast';
import { Problem } from '../../shared/problem';
import { createServiceClient } from '../../shared/service-client';
import { streamContract } from '../../stream/contract';

export type PublishRequest = z.input<typeof publishRequest>;

/** The stream service answered neither yes nor no. */
export class StreamServiceUnavailable extends Error {
  override readonly name = 'StreamServiceUnavailable';
}

const answerMs = 3_000;

/** Home's stream service, as gates use it. Calls throw {@link StreamServiceUnavailable} within 3 s without an answer. */
export class StreamService {
  private readonly call: ReturnType<typeof createServiceClient>;

  constructor(
    private readonly baseUrl: string,
    private readonly serviceToken: () => Promise<string>,
  ) {
    this.call = createServiceClient({ baseUrl, token: serviceToken, timeoutMs: answerMs });
  }

  /** Throws the service's own {@link Problem} for a no. */
  authorize(body: PublishRequest): Promise<PublishGrant> {
    return sorted(this.call(streamContract.routes.authorizePublish, { body }));
  }

  /** Throws a {@link Problem} for an event that will not be taken, however often it is sent. */
  report(streamId: string, body: BroadcastEvent): Promise<void> {
    return sorted(this.call(streamContract.routes.reportBroadcastEvent, { params: { streamId }, body }));
  }

  reportCell(region: string, body: CellReport): Promise<void> {
    return sorted(this.call(streamContract.routes.reportCell, { params: { region }, body }));
  }

  /** Opens the stream of revocations after the one with this id. Endless until `signal` aborts. */
  async openRevocations(after: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const url = new URL(streamContract.routes.streamRevocations.path, this.baseUrl);
    url.searchParams.set('after', String(after));
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${await this.serviceToken()}`, accept: 'text/event-stream' },
      signal,
    });
    if (!response.ok || !response.body) {
      throw new StreamServiceUnavailable(`the stream service answered ${response.status}`);
    }
    return response.body;
  }
}

/** Tells the service's answer about the matter from failures to answer. */
async function sorted<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Problem && isAnswer(error)) throw error;
    throw new StreamServiceUnavailable('the stream service gave no answer', { cause: error });
  }
}

/** 401 is between the two services; of the 5xx only `capacity` is about the publisher. */
const isAnswer = ({ code, status }: Problem) => code === 'capacity' || (status < 500 && status !== 401);
