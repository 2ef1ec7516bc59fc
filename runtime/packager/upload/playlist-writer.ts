import type { Logger } from '../../shared/log';
import { hlsKeys, liveWindowSegments, type ObjectClassName } from '../../shared/media-layout';
import { captionRendition } from '../captions/web-vtt';
import { audioRendition } from '../ladder/table';
import type { Progress, TimelineEntry } from '../lease/progress';
import { mediaPlaylist, type PlaylistRendition } from '../playlists/media-playlist';
import { type Multivariant, multivariantPlaylist, type PlaylistKind } from '../playlists/multivariant';
import type { ObjectStore } from './object-store';
import { retryUntilDone } from './retry';

export interface PlaylistWriterOptions {
  readonly store: ObjectStore;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

interface PlaylistObject {
  readonly key: string;
  readonly kind: ObjectClassName;
  readonly text: string;
}

interface State {
  readonly progress: Progress;
  readonly timeline: readonly TimelineEntry[];
}

/**
 * Keeps the playlists in storage equal to the newest state. While an upload is under way newer states replace each
 * other: a playlist that nobody will read is not written. Media playlists go before the multivariant that names them.
 */
export class PlaylistWriter {
  readonly #written = new Map<string, string>();
  #next: State | undefined;
  #writing: Promise<void> | undefined;
  #eventSequence = -Infinity;

  constructor(private readonly options: PlaylistWriterOptions) {}

  update(progress: Progress, timeline: readonly TimelineEntry[]): void {
    this.#next = { progress, timeline: [...timeline] };
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    // Its failure is the signal's, which everybody sees.
    this.#writing.catch(() => undefined);
  }

  /** Resolves when storage has the newest state. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    for (let state = this.#next; state; state = this.#next) {
      this.#next = undefined;
      await this.#putAll(this.#mediaPlaylists(state));
      await this.#putAll(multivariants(state));
    }
  }

  #mediaPlaylists({ progress, timeline }: State): PlaylistObject[] {
    const at = progress.session;
    const live = { timeline, from: Math.max(0, timeline.length - liveWindowSegments) };
    const common = { targetSeconds: progress.targetSeconds, ended: progress.ended };
    const withEvent = progress.session.dvrSeconds > 0 && this.#isEventDue(progress, timeline);
    return renditionsOf(progress).flatMap((rendition) => [
      {
        key: hlsKeys.livePlaylist(at, rendition.name),
        kind: 'mediaPlaylist' as const,
        text: mediaPlaylist(rendition, { ...live, ...common }),
      },
      ...(withEvent
        ? [
            {
              key: hlsKeys.eventPlaylist(at, rendition.name),
              kind: 'eventPlaylist' as const,
              text: mediaPlaylist(rendition, {
                timeline,
                from: rewindStart(timeline, progress.session.dvrSeconds),
                ...common,
              }),
            },
          ]
        : []),
      ...(progress.ended
        ? [
            {
              key: hlsKeys.replayPlaylist(at, rendition.name),
              kind: 'multivariantPlaylist' as const,
              text: mediaPlaylist(rendition, { timeline, from: 0, type: 'vod', ...common }),
            },
          ]
        : []),
    ]);
  }

  /**
   * A long rewind playlist is written less often: 2 h are 270 kB a rendition, and would cost more to upload every two
   * seconds than the media. One more segment is skipped per half hour listed.
   */
  #isEventDue(progress: Progress, timeline: readonly TimelineEntry[]): boolean {
    const listed = timeline.length - rewindStart(timeline, progress.session.dvrSeconds);
    const every = 1 + Math.floor(listed / 900);
    if (!progress.ended && progress.nextSequence - this.#eventSequence < every) return false;
    this.#eventSequence = progress.nextSequence;
    return true;
  }

  async #putAll(objects: readonly PlaylistObject[]): Promise<void> {
    const changed = objects.filter(({ key, text }) => this.#written.get(key) !== text);
    await Promise.all(
      changed.map(async ({ key, kind, text }) => {
        const { store, signal, log } = this.options;
        const body = Buffer.from(text);
        await retryUntilDone(
          () => store.put(key, body, kind, signal),
          signal,
          (error, attempt) => {
            if (attempt === 3) log.warn({ err: error, key }, 'an upload keeps failing');
          },
        );
        this.#written.set(key, text);
      }),
    );
  }
}

function renditionsOf({ video, audio, aliases, captionLanguages }: Progress): PlaylistRendition[] {
  const names = [...video.map(({ name }) => name), ...(audio ? [audio.name] : [])];
  const media = names.map((name) => ({
    name,
    kind: name === audioRendition.name ? ('audio' as const) : ('video' as const),
    sourceIn: (attempt: number) => aliases[attempt]?.[name] ?? name,
  }));
  const captions = captionLanguages.map(captionRendition).map((name) => ({
    name,
    kind: 'captions' as const,
    sourceIn: () => name,
  }));
  return [...media, ...captions];
}

/** Index of the first segment within the length of rewind. */
function rewindStart(timeline: readonly TimelineEntry[], dvrSeconds: number): number {
  let seconds = 0;
  for (let index = timeline.length - 1; index > 0; index -= 1) {
    seconds += timeline[index]?.seconds ?? 0;
    if (seconds >= dvrSeconds) return index;
  }
  return 0;
}

function multivariants({ progress }: State): PlaylistObject[] {
  if (!progress.audio) return [];
  const at = progress.session;
  const { video, audio, frameRate, captionLanguages } = progress;
  const content: Multivariant = { video, audio, frameRate, captionLanguages };
  const multivariant = (key: string, kind: PlaylistKind): PlaylistObject => ({
    key,
    kind: 'multivariantPlaylist',
    text: multivariantPlaylist(announceSteps(content), kind),
  });
  const rewinds = progress.ended || progress.session.dvrSeconds > 0;
  return [
    multivariant(hlsKeys.liveMultivariant(at), 'live'),
    ...(rewinds ? [multivariant(hlsKeys.dvrMultivariant(at), progress.ended ? 'replay' : 'event')] : []),
  ];
}

/** Bandwidths in steps of 50 kbit/s, rounded up, so that the playlist is not rewritten for every segment. */
function announceSteps(content: Multivariant): Multivariant {
  const step = 50_000;
  const up = (bandwidth: number) => Math.ceil(bandwidth / step) * step;
  const stepped = (rendition: Multivariant['audio']) => ({
    ...rendition,
    peakBandwidth: up(rendition.peakBandwidth),
    averageBandwidth: Math.min(up(rendition.averageBandwidth), up(rendition.peakBandwidth)),
  });
  return { ...content, video: content.video.map(stepped), audio: stepped(content.audio) };
}
