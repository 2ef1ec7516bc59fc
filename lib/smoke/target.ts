/** A deployment as its users reach it. */
export interface SmokeTarget {
  /** Pages and API. */
  readonly app: URL;
  /** HLS. */
  readonly media: URL;
  /** `rtmps://host:port/…`, or `rtmp:` on a laptop. */
  readonly rtmp?: URL;
}

/** Something a deployment must do. */
export interface SmokeCheck {
  readonly name: string;
  /** Says what it found; throws what is wrong. */
  readonly run: () => Promise<string>;
}

/** Fails a check. */
export class Finding extends Error {}

/** An answer that takes longer is none. */
export const answerMs = 10_000;
