/** How a run of the encoder ended, and so what comes next. */
export type AttemptOutcome =
  /** The session is over and all its media is out; since when, if that was not just now. */
  | { readonly kind: 'source-ended'; readonly sinceMs?: number }
  /** The gate or room is out of reach; the session may still be alive. */
  | { readonly kind: 'source-lost'; readonly why: string }
  /** The ladder must be planned anew; nothing is lost, because the gate replays. */
  | { readonly kind: 'replan'; readonly change: PlanChange }
  | { readonly kind: 'encoder-failed'; readonly why: string };

export type PlanChange =
  | { readonly kind: 'must-transcode'; readonly why: string }
  | { readonly kind: 'drop-rung' }
  | { readonly kind: 'raise-rung' };
