import type { BroadcastState } from '../../shared/broadcast';

export interface PlaybackFacts {
  readonly state: BroadcastState;
  /** Whether pictures have been published at all. */
  readonly pictured: boolean;
  readonly requested: 'auto' | 'hls' | 'webrtc';
  /** Whether somebody signed in asks; interaction is for those. */
  readonly signedIn: boolean;
  /** Channel setting. */
  readonly webrtcAllowed: boolean;
  /** Whether the room has a publisher now. */
  readonly roomIsLive: boolean;
  /** WebRTC viewers now, and the most there may be: of this stream, and of its region. */
  readonly streamViewers: number;
  readonly streamLimit: number;
  readonly regionViewers: number;
  readonly regionLimit: number;
}

export type PlaybackDecision =
  | { readonly transport: 'none' }
  | { readonly transport: 'hls'; readonly webrtcOffered: boolean; readonly reason: string }
  | { readonly transport: 'webrtc'; readonly reason: string };

/**
 * Without being asked for, WebRTC is given only up to this share of a limit: what is left is for those who insist, and
 * so that a full room does not refuse the broadcaster's own preview.
 */
const automaticShare = 0.8;

/** HLS costs a fraction of WebRTC and scales without limit: WebRTC is what needs a reason. */
export function decidePlayback(facts: PlaybackFacts): PlaybackDecision {
  if (!facts.pictured) return { transport: 'none' };
  if (facts.state === 'ended' || facts.state === 'archived') {
    return { transport: 'hls', webrtcOffered: false, reason: 'replay' };
  }
  const refusal = refuseWebrtc(facts);
  if (facts.requested === 'hls') return hls(refusal, 'asked for');
  if (refusal !== undefined) return hls(refusal, refusal);
  if (facts.requested === 'webrtc') return { transport: 'webrtc', reason: 'asked for' };
  if (!facts.signedIn) return hls(refusal, 'visitors watch over the CDN');
  const share = Math.max(facts.streamViewers / facts.streamLimit, facts.regionViewers / facts.regionLimit);
  if (share >= automaticShare) return hls(refusal, 'the room is nearly full');
  return { transport: 'webrtc', reason: 'room has space' };
}

function hls(refusal: string | undefined, reason: string): PlaybackDecision {
  return { transport: 'hls', webrtcOffered: refusal === undefined, reason };
}

function refuseWebrtc(facts: PlaybackFacts): string | undefined {
  if (!facts.webrtcAllowed) return 'the channel offers HLS only';
  if (!facts.roomIsLive) return 'nobody publishes to the room';
  if (facts.streamViewers >= facts.streamLimit) return 'the room is full';
  if (facts.regionViewers >= facts.regionLimit) return 'the region is full';
  return undefined;
}
