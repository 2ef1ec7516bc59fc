/** One video rendition of the ladder. */
export interface Rung {
  /** Path component and name of the rendition. */
  readonly name: string;
  /** Lines of a landscape picture; the short side of an upright one. */
  readonly height: number;
  readonly kbps: number;
}

/** Bit rates follow Apple's HLS authoring specification and AWS's live streaming solution, in kbit/s. */
export const rungs: readonly [Rung, ...Rung[]] = [
  { name: '1080p', height: 1080, kbps: 5_000 },
  { name: '720p', height: 720, kbps: 3_000 },
  { name: '480p', height: 480, kbps: 1_500 },
  { name: '360p', height: 360, kbps: 800 },
];

/** The audio group's rendition: one for all, AAC-LC stereo. */
export const audioRendition = { name: 'audio', kbps: 128, sampleRate: 48_000, channels: 2 } as const;

/** How much of a rung a source must fill to have it: cameras send 1078 or 712 lines, too. */
const fillsFrom = 0.95;

/**
 * Rungs for a source of this height, top first, at most `most`. Nothing is ever upscaled: a source smaller than the
 * smallest rung has that rung alone, at its own size.
 */
export function rungsFor(sourceHeight: number, most: number): readonly Rung[] {
  const filled = rungs.filter((rung) => rung.height * fillsFrom <= sourceHeight);
  return (filled.length > 0 ? filled : rungs.slice(-1)).slice(0, most);
}

export function rungNamed(name: string): Rung {
  const found = rungs.find((rung) => rung.name === name);
  if (!found) throw new Error(`there is no rung ${name}; the ladder has ${rungs.map((rung) => rung.name).join(', ')}`);
  return found;
}
