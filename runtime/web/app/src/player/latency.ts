/** What the player knows about a moment of playback. All times in seconds. */
export interface PlaybackMoment {
  readonly latency: number;
  readonly buffered: number;
  /** Measured bandwidth ÷ bit rate of the playing rendition. */
  readonly headroom: number;
  readonly sinceStall: number;
}

/** Who is later had a slow start, or has stalled. */
const lateFrom = 6.5;
const fastest = 1.08;
/** What is too much has gone after about so long. */
const catchUpSeconds = 20;
/** What a player two segments behind the end of a list has, between one segment and the next. */
const safeBuffer = 3;
const settleSeconds = 30;

/**
 * How fast to play so that a late viewer comes closer without spending the buffer: never faster than 1.08, never with
 * less than three seconds buffered, never soon after a stall, and only with bandwidth to spare.
 */
export function playbackRate(moment: PlaybackMoment): number {
  const behind = moment.latency - lateFrom;
  const mayCatchUp =
    behind > 0 && moment.buffered > safeBuffer && moment.headroom > 1.5 && moment.sinceStall > settleSeconds;
  if (!mayCatchUp) return 1;
  return Math.min(fastest, 1 + behind / catchUpSeconds);
}

/** Latency from the PROGRAM-DATE-TIME at the playhead. Discards what only a wrong clock explains. */
export function measuredLatency(playheadWallClockMs: number | undefined, nowMs: number): number | undefined {
  if (playheadWallClockMs === undefined) return undefined;
  const seconds = (nowMs - playheadWallClockMs) / 1_000;
  return seconds < 0 || seconds > 24 * 3_600 ? undefined : seconds;
}
