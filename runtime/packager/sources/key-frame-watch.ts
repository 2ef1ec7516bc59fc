import type { FlvTag } from '../../shared/flv';
import type { TagContent } from './codecs';

/**
 * Notices that a picture which is passed on breaks the promise of its first key frames, as soon as the next one is
 * overdue: a player would wait for it, and a transcoded picture need not.
 */
export class KeyFrameWatch {
  #lastMs: number | undefined;

  /** @param longestSeconds between key frames; what is not passed on has no limit */
  constructor(private readonly longestSeconds: number) {}

  isOverdue({ timestampMs }: FlvTag, content: TagContent): boolean {
    if (content.kind !== 'avc-frame') return false;
    if (content.isKeyFrame || this.#lastMs === undefined) this.#lastMs = timestampMs;
    return timestampMs - this.#lastMs > this.longestSeconds * 1_000;
  }
}
