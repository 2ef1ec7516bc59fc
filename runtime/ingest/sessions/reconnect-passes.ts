import { createHash } from 'node:crypto';
import type { PublishGrant, Revocation } from '../../shared/broadcast';

interface Pass {
  readonly grant: PublishGrant;
  readonly untilMs: number;
}

/**
 * Lets an encoder that lost its connection come back while home does not answer: for the stream's grace, on this gate,
 * unless its key is revoked. Nobody else is let in without home. Keys are kept as digests.
 */
export class ReconnectPasses {
  private readonly passes = new Map<string, Pass>();

  constructor(private readonly now: () => number = Date.now) {}

  issue(streamKey: string, grant: PublishGrant): void {
    this.dropExpired();
    this.passes.set(digest(streamKey), { grant, untilMs: this.now() + grant.resumeGraceSeconds * 1_000 });
  }

  find(streamKey: string): PublishGrant | undefined {
    this.dropExpired();
    return this.passes.get(digest(streamKey))?.grant;
  }

  revoke({ keyId, streamId }: Revocation): void {
    for (const [key, { grant }] of this.passes) {
      if (grant.keyId === keyId && (streamId === null || streamId === grant.streamId)) this.passes.delete(key);
    }
  }

  private dropExpired(): void {
    for (const [key, { untilMs }] of this.passes) if (untilMs <= this.now()) this.passes.delete(key);
  }
}

/** Stream keys are long and random: a plain digest hides them. */
const digest = (streamKey: string) => createHash('sha256').update(streamKey).digest('base64url');
