import type { Tracks } from '../../shared/flv';

/** What a gate tells its bridge process, as JSON in the environment: a token has no place in a list of processes. */
export interface BridgeSettings {
  /** LiveKit's signalling, `ws://…`. */
  readonly url: string;
  readonly token: string;
  readonly ffmpegPath: string;
  readonly tracks: Tracks;
}

export const settingsVariable = 'BRIDGE_SETTINGS';
