import { segmentSeconds } from '../../runtime/shared/media-layout';

/**
 * A twentieth of the real bitrates, so that a thousand viewers fit a laptop's loopback. What share of the bytes the
 * caches send does not depend on it.
 */
const scale = 1 / 20;

export interface Rendition {
  readonly name: string;
  /** Of one segment. */
  readonly bytes: number;
  /** Part of the audience that watches it; audio is fetched beside each video. */
  readonly share: number;
}

const rendition = (name: string, kbps: number, share: number): Rendition => ({
  name,
  share,
  bytes: Math.round(((kbps * 1_000) / 8) * segmentSeconds * scale),
});

/** Four videos, watched alike, and their sound. */
export const ladder: readonly Rendition[] = [
  rendition('1080p', 4_500, 0.25),
  rendition('720p', 2_500, 0.25),
  rendition('480p', 1_200, 0.25),
  rendition('360p', 700, 0.25),
  rendition('audio', 128, 0),
];

export const videos = ladder.filter(({ share }) => share > 0);
