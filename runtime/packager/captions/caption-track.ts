import type { CaptionCue } from '../../shared/broadcast';

interface HeldCue {
  cue: CaptionCue;
  shown: boolean;
}

/** What is said later than this after its moment is not shown any more: it would be beside another picture. */
const latestMs = 15_000;

/** Held for media that is not there yet. */
const mostCues = 1_000;

/** One language of a broadcast: cues as they come in, segments as they go out. */
export class CaptionTrack {
  #held: HeldCue[] = [];
  #began = false;

  add(cues: readonly CaptionCue[]): void {
    this.#held = [...this.#held, ...cues.map((cue) => ({ cue, shown: false }))].slice(-mostCues);
  }

  /**
   * The cues of the next segment. Segments are asked for in order, and each once: a cue that came too late for its own is
   * shown from the beginning of the next, for as long as it was meant to be. What was over before the first segment was
   * the business of whoever packaged until then.
   */
  take({ startMs, endMs }: { readonly startMs: number; readonly endMs: number }): readonly CaptionCue[] {
    if (this.#began) for (const held of this.#held) if (!held.shown) held.cue = notBefore(held.cue, startMs);
    this.#began = true;
    const due = this.#held.filter(({ cue }) => cue.startMs < endMs && cue.endMs > startMs);
    for (const held of due) held.shown = true;
    this.#held = this.#held.filter(({ cue }) => cue.endMs > endMs);
    return due.map(({ cue }) => cue);
  }
}

/** The cue, moved to `startMs` if it was over by then. */
function notBefore(cue: CaptionCue, startMs: number): CaptionCue {
  const late = startMs - cue.startMs;
  if (cue.endMs > startMs || late > latestMs) return cue;
  return { ...cue, startMs, endMs: cue.endMs + late };
}
