import type { PublishGrant } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import { Problem } from '../../shared/problem';
import type { Capacity } from './capacity';
import type { FailureLimit } from './failure-limit';
import type { ReconnectPasses } from './reconnect-passes';
import { type PublishRequest, type StreamService, StreamServiceUnavailable } from './stream-service';

export interface AdmissionParts {
  readonly streamService: StreamService;
  readonly capacity: Capacity;
  readonly failures: FailureLimit;
  readonly passes: ReconnectPasses;
  readonly log: Logger;
}

/** Decides who may publish. The one gatekeeper of both protocols. */
export class Admission {
  constructor(private readonly parts: AdmissionParts) {}

  /** The stream to publish to. Throws a {@link Problem} whose message is for the broadcaster. */
  async admit(request: PublishRequest): Promise<PublishGrant> {
    const { failures } = this.parts;
    const retryAfterSeconds = await failures.waitSeconds(request.clientAddress);
    if (retryAfterSeconds > 0) {
      throw new Problem('rate-limited', `Too many wrong stream keys. Try again in ${retryAfterSeconds} seconds.`, {
        retryAfterSeconds,
      });
    }
    const grant = await this.authorize(request);
    if (!(await this.hasRoomFor(grant.streamId))) {
      throw new Problem('capacity', 'All encoders of this region are busy. Try again in a minute.');
    }
    return grant;
  }

  private async hasRoomFor(streamId: string): Promise<boolean> {
    const { capacity } = this.parts;
    try {
      return (await capacity.isPackaged(streamId)) || (await capacity.freeSlots()) > 0;
    } catch (error) {
      throw new Problem('unavailable', 'The broadcast cannot begin right now. Try again in a few seconds.', {
        cause: error,
      });
    }
  }

  private async authorize(request: PublishRequest): Promise<PublishGrant> {
    const { streamService, failures, passes, log } = this.parts;
    try {
      return await streamService.authorize(request);
    } catch (error) {
      if (error instanceof Problem) {
        if (error.code === 'stream-key-invalid' || error.code === 'stream-key-revoked') {
          await failures.count(request.clientAddress);
        }
        throw error;
      }
      if (!(error instanceof StreamServiceUnavailable)) throw error;
      const grant = passes.find(request.streamKey);
      log.warn({ err: error, reconnect: grant !== undefined }, 'a stream key could not be checked at home');
      if (grant) return grant;
      throw new Problem('unavailable', 'The stream key could not be checked. Try again in a few seconds.', {
        cause: error,
      });
    }
  }
}
