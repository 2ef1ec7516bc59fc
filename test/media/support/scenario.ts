import type { BroadcastView } from '../../packager/support/broadcast-view';
import type { Rig } from '../../packager/support/rig';

export interface Stage extends Rig {
  rtmpUrl(key: string): string;
  readonly whipUrl: string;
  /** Address of a presentation as a player opens it. */
  presentationUrl(view: BroadcastView, kind: 'live' | 'dvr'): string;
}

export interface Scenario {
  readonly name: string;
  /** What should come of it, in words. */
  readonly expected: string;
  /** Plays it; throws when it came out otherwise, and else says what was measured. */
  play(stage: Stage): Promise<string>;
}
