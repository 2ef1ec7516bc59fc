import { randomBytes } from 'node:crypto';
import type { TimelineEntry } from '../../runtime/packager/lease/progress';
import { mediaPlaylist } from '../../runtime/packager/playlists/media-playlist';
import { hlsKeys, liveWindowSegments, type MediaLocation, segmentSeconds } from '../../runtime/shared/media-layout';
import type { EdgeRig } from '../../test/local/support/edge';
import { ladder } from './ladder';

/** Publishes a live stream of random bytes as a packager does: segments of all renditions, then their playlists. */
export class Publisher {
  readonly #timeline: TimelineEntry[] = [];
  /** When the playlists with a segment were written, by sequence. */
  readonly #listedAtMs: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #publishing: Promise<void> = Promise.resolve();

  constructor(
    private readonly edge: EdgeRig,
    private readonly at: MediaLocation,
  ) {}

  async start(): Promise<void> {
    for (const { name } of ladder) await this.edge.put(hlsKeys.initSegment(this.at, name, 1), 'initSegment', 'init');
    await this.#publish();
    this.#timer = setInterval(() => {
      this.#publishing = this.#publishing.then(() => this.#publish());
    }, segmentSeconds * 1_000);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#publishing;
  }

  /** Milliseconds for which a playlist that ends with `sequence` has been out of date; 0 while it is the newest. */
  staleMs(sequence: number, nowMs: number): number {
    const next = this.#listedAtMs[sequence + 1];
    return next === undefined ? 0 : Math.max(0, nowMs - next);
  }

  async #publish(): Promise<void> {
    const sequence = this.#timeline.length;
    await Promise.all(
      ladder.map(({ name, bytes }) =>
        this.edge.put(hlsKeys.mediaSegment(this.at, name, 1, sequence), 'mediaSegment', randomBytes(bytes)),
      ),
    );
    const startMs = Date.now() - segmentSeconds * 1_000;
    this.#timeline.push({ sequence, attempt: 1, seconds: segmentSeconds, audioSeconds: segmentSeconds, startMs });
    await Promise.all(
      ladder.map(({ name }) => this.edge.put(this.#playlistKey(name), 'mediaPlaylist', this.#playlist(name))),
    );
    this.#listedAtMs[sequence] = Date.now();
  }

  #playlistKey = (name: string) => hlsKeys.livePlaylist(this.at, name);

  #playlist(name: string): string {
    const from = Math.max(0, this.#timeline.length - liveWindowSegments);
    const window = { timeline: this.#timeline, from, targetSeconds: segmentSeconds, ended: false };
    return mediaPlaylist({ name, kind: name === 'audio' ? 'audio' : 'video', sourceIn: () => name }, window);
  }
}
