export type TrackName = 'audio' | 'video';

/** A step further than this needs an explanation; encoders short of bandwidth drop a few seconds of video. */
const longestStepMs = 5_000;
/** Decoding times do not run backwards; encoders that round or merge tracks are off by less than this. */
const longestStepBackMs = 500;
/** How far a jump may differ from what explains it: silence on the wire, or where the other track is. */
const toleranceMs = 1_000;
/** Where a track goes on after a jump that nothing explains: about a frame later. */
const nominalStepMs = 33;
/** A track whose jump matches the other's within this keeps in step with it. */
const sameJumpMs = 1_000;

interface Track {
  /** Unwrapped encoder time minus session time. */
  offset: number;
  lastRaw: number;
  unwrapped: number;
  lastOut: number;
  lastArrivalMs: number;
}

/**
 * Turns an encoder's timestamps (milliseconds modulo 2³²) into the session's: from 0, never backwards on a track,
 * through wraps and jumps. A jump is kept as the gap it is when it equals the time that nothing came, or when it catches
 * up with the other track; any other is closed, and the second track to jump takes the first one's correction, so that
 * sound and picture stay together.
 */
export class Timeline {
  private readonly tracks = new Map<TrackName, Track>();
  private repairs = 0;

  /** Times that a jump was closed. */
  get repaired(): number {
    return this.repairs;
  }

  /** @param raw the message's timestamp; @param arrivalMs a monotonic clock */
  place(name: TrackName, raw: number, arrivalMs: number): number {
    const track = this.tracks.get(name);
    if (!track) return this.begin(name, raw, arrivalMs);
    track.unwrapped += signedDifference(raw, track.lastRaw);
    if (!this.isPlausible(name, track, arrivalMs)) this.closeJump(name, track);
    const out = Math.max(track.lastOut, track.unwrapped - track.offset);
    track.lastRaw = raw;
    track.lastOut = out;
    track.lastArrivalMs = arrivalMs;
    return out;
  }

  private begin(name: TrackName, raw: number, arrivalMs: number): number {
    const other = this.otherThan(name);
    // The second track is placed relative to the first, when its time makes any sense there.
    const unwrapped = other ? other.unwrapped + signedDifference(raw, other.lastRaw) : raw;
    const relative = other && unwrapped - other.offset;
    const fits = other && relative !== undefined && Math.abs(relative - other.lastOut) <= longestStepMs;
    const out = fits ? Math.max(0, relative) : (other?.lastOut ?? 0);
    const offset = fits ? other.offset : unwrapped - out;
    this.tracks.set(name, { offset, lastRaw: raw, unwrapped, lastOut: out, lastArrivalMs: arrivalMs });
    return out;
  }

  private isPlausible(name: TrackName, track: Track, arrivalMs: number): boolean {
    const time = track.unwrapped - track.offset;
    const step = time - track.lastOut;
    if (step < -longestStepBackMs) return false;
    if (step <= longestStepMs) return true;
    const silence = arrivalMs - track.lastArrivalMs;
    const other = this.otherThan(name);
    const catchesUp = other !== undefined && other.offset === track.offset && time <= other.lastOut + toleranceMs;
    return Math.abs(step - silence) <= toleranceMs || catchesUp;
  }

  private closeJump(name: TrackName, track: Track): void {
    this.repairs += 1;
    const own = track.unwrapped - (track.lastOut + nominalStepMs);
    const other = this.otherThan(name);
    track.offset = other && Math.abs(other.offset - own) <= sameJumpMs ? other.offset : own;
  }

  private otherThan(name: TrackName): Track | undefined {
    return this.tracks.get(name === 'audio' ? 'video' : 'audio');
  }
}

/** `a - b` on a circle of 2³². */
const signedDifference = (a: number, b: number) => (a - b) | 0;
