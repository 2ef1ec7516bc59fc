import type { CaptionCue } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import { type Repetition, repeat } from '../../shared/repeat';
import { createServiceClient } from '../../shared/service-client';
import { streamContract } from '../../stream/contract';
import { CaptionTrack } from './caption-track';
import { captionSegment, type SegmentTime } from './web-vtt';

/** What was said in a broadcast, as its segments need it. */
export interface Captions {
  /** The next segment's cues in one language, as WebVTT. Segments are asked for in order. */
  segment(language: string, time: SegmentTime): string;
}

/** Fetches what has been said since the last time it was asked. */
export type CaptionFeed = () => Promise<readonly CaptionCue[]>;

/** Added to how late a caption is. */
const askEveryMs = 500;
const timeoutMs = 3_000;

/** From the stream service, which has them from whoever writes the captions. */
export function captionFeed(streamUrl: string, serviceToken: () => Promise<string>, streamId: string): CaptionFeed {
  const call = createServiceClient({ baseUrl: streamUrl, token: serviceToken, timeoutMs });
  let after: string | undefined;
  return async () => {
    const { cues, last } = await call(streamContract.routes.listCaptions, {
      params: { streamId },
      ...(after !== undefined && { query: { after } }),
    });
    after = last ?? after;
    return cues;
  };
}

/**
 * Follows a feed while the broadcast has captions. Media never waits for it: a segment has what has come by then.
 */
export class LiveCaptions implements Captions {
  readonly #tracks = new Map<string, CaptionTrack>();
  #following: Repetition | undefined;

  constructor(
    private readonly feed: CaptionFeed,
    private readonly log: Logger,
  ) {}

  segment(language: string, time: SegmentTime): string {
    this.#following ??= this.#follow();
    return captionSegment(this.#track(language).take(time), time);
  }

  /** Asks no more. An answer that is on its way is not waited for: home may be away. */
  stop(): void {
    void this.#following?.stop();
  }

  #follow(): Repetition {
    return repeat(async () => {
      try {
        for (const cue of await this.feed()) this.#track(cue.language).add([cue]);
      } catch (error) {
        this.log.debug({ err: error }, 'captions could not be asked for');
      }
    }, askEveryMs);
  }

  #track(language: string): CaptionTrack {
    const track = this.#tracks.get(language) ?? new CaptionTrack();
    this.#tracks.set(language, track);
    return track;
  }
}
