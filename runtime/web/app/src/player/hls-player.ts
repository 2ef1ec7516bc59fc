import type Hls from 'hls.js';
import type { ErrorData } from 'hls.js';
import { measuredLatency, playbackRate } from './latency';
import type { ListedSegment } from './picture-at';

export interface QualityLevel {
  readonly index: number;
  readonly label: string;
}

export interface CaptionTrack {
  /** BCP 47. */
  readonly language: string;
  readonly label: string;
}

export interface PlaybackStats {
  readonly latencySeconds: number | undefined;
  readonly bufferedSeconds: number;
  readonly bandwidthKbps: number;
  readonly resolution: string;
  readonly codec: string;
  readonly droppedFrames: number;
  readonly stalls: number;
}

export type PlaybackProblem = 'waiting' | 'stalled' | 'unsupported' | 'outdated';

export interface HlsPlayerEvents {
  readonly onLevels: (levels: readonly QualityLevel[]) => void;
  readonly onCaptionTracks: (tracks: readonly CaptionTrack[]) => void;
  readonly onProblem: (problem: PlaybackProblem | undefined) => void;
  readonly onStats: (stats: PlaybackStats) => void;
}

export interface HlsSource {
  readonly url: string;
  readonly withCredentials: boolean;
  /** Whether it lists a live broadcast from its beginning: its viewers are late on purpose. */
  readonly rewinding: boolean;
}

export interface HlsPlayer {
  /** Empty where the browser plays HLS by itself. */
  listed(): readonly ListedSegment[];
  /** -1 is automatic. */
  setLevel(index: number): void;
  /** `undefined` is none. */
  setCaptions(language: string | undefined): void;
  destroy(): void;
}

const retryDelayMs = 2_000;

const hlsConfig = {
  liveSyncDurationCount: 2,
  liveMaxLatencyDurationCount: 10,
  liveDurationInfinity: true,
  backBufferLength: 60,
  capLevelToPlayerSize: true,
  lowLatencyMode: false,
  // Segments are fMP4 already: a worker costs a viewer's first picture more than it ever saves.
  enableWorker: false,
  startFragPrefetch: true,
  manifestLoadPolicy: retryingPolicy(8),
  playlistLoadPolicy: retryingPolicy(8),
} as const;

function retryingPolicy(maxNumRetry: number) {
  const retry = { maxNumRetry, retryDelayMs: 1_000, maxRetryDelayMs: 4_000 };
  return { default: { maxTimeToFirstByteMs: 8_000, maxLoadTimeMs: 12_000, timeoutRetry: retry, errorRetry: retry } };
}

/** Fetches the library while the page still asks what there is to play. */
export function preloadHls(): void {
  import('hls.js').catch(() => undefined);
}

/**
 * Plays HLS in `video`, waiting for a broadcast that has no first segment yet and recovering what it can.
 *
 * @param abandoned aborted when the element is no longer this player's: then there is none
 */
export async function playHls(
  video: HTMLVideoElement,
  { url, withCredentials, rewinding }: HlsSource,
  captionLanguage: string | undefined,
  events: HlsPlayerEvents,
  abandoned: AbortSignal,
): Promise<HlsPlayer | undefined> {
  const { default: HlsLibrary } = await import('hls.js');
  // Attached now, it would take the element from its successor.
  if (abandoned.aborted) return undefined;
  if (!HlsLibrary.isSupported()) return playNatively(video, url, events);
  let captions = captionLanguage;
  let hls = open();
  let retry: number | undefined;
  let stalls = 0;
  let lastStallAtMs = Number.NEGATIVE_INFINITY;

  function open(): Hls {
    const next = new HlsLibrary({
      ...hlsConfig,
      ...(rewinding && { liveMaxLatencyDurationCount: Number.POSITIVE_INFINITY }),
      ...(captions !== undefined && { subtitlePreference: { lang: captions } }),
      xhrSetup: (xhr) => {
        xhr.withCredentials = withCredentials;
      },
    });
    next.on(HlsLibrary.Events.MANIFEST_PARSED, (_event, { levels }) => {
      events.onProblem(undefined);
      events.onLevels(levels.map(({ height, bitrate }, index) => ({ index, label: levelLabel(height, bitrate) })));
      video.play().catch(() => undefined);
    });
    next.on(HlsLibrary.Events.SUBTITLE_TRACKS_UPDATED, (_event, { subtitleTracks }) => {
      events.onCaptionTracks(subtitleTracks.map(({ lang = '', name }) => ({ language: lang, label: name })));
    });
    next.on(HlsLibrary.Events.FRAG_BUFFERED, () => events.onProblem(undefined));
    next.on(HlsLibrary.Events.ERROR, (_event, data) => recover(data));
    next.loadSource(url);
    next.attachMedia(video);
    return next;
  }

  function recover(data: ErrorData): void {
    if (data.details === HlsLibrary.ErrorDetails.BUFFER_STALLED_ERROR) {
      stalls += 1;
      lastStallAtMs = performance.now();
    }
    if (!data.fatal) return;
    if (data.type === HlsLibrary.ErrorTypes.MEDIA_ERROR) {
      hls.recoverMediaError();
      return;
    }
    events.onProblem(data.response?.code === 404 || data.response?.code === 403 ? 'waiting' : 'stalled');
    hls.destroy();
    window.clearTimeout(retry);
    retry = window.setTimeout(() => {
      hls = open();
    }, retryDelayMs);
  }

  const timer = window.setInterval(() => {
    const stats = readStats(hls, video, stalls);
    events.onStats(stats);
    const level = hls.levels[hls.currentLevel];
    const wantsLive = !rewinding && hls.levels.length > 0 && hls.latestLevelDetails?.live;
    const rate = playbackRate({
      latency: wantsLive ? (stats.latencySeconds ?? 0) : 0,
      buffered: stats.bufferedSeconds,
      headroom: level ? hls.bandwidthEstimate / level.bitrate : 0,
      sinceStall: (performance.now() - lastStallAtMs) / 1_000,
    });
    if (video.playbackRate !== rate) video.playbackRate = rate;
  }, 1_000);

  return {
    listed: () =>
      (hls.latestLevelDetails?.fragments ?? []).map(({ sn, start }) => ({ sequence: Number(sn), startSeconds: start })),
    setLevel(index) {
      hls.currentLevel = index;
    },
    setCaptions(language) {
      captions = language;
      hls.setSubtitleOption(language === undefined ? { id: -1 } : { lang: language });
    },
    destroy() {
      window.clearTimeout(retry);
      window.clearInterval(timer);
      hls.destroy();
    },
  };
}

/** The browser shows captions and their menu itself. */
function playNatively(video: HTMLVideoElement, url: string, events: HlsPlayerEvents): HlsPlayer {
  if (video.canPlayType('application/vnd.apple.mpegurl') === '') events.onProblem('unsupported');
  video.src = url;
  video.play().catch(() => undefined);
  return {
    listed: () => [],
    setLevel: () => undefined,
    setCaptions: () => undefined,
    destroy() {
      video.removeAttribute('src');
      video.load();
    },
  };
}

function levelLabel(height: number, bitrate: number): string {
  return height > 0 ? `${height}p` : `${Math.round(bitrate / 1_000)} kbit/s`;
}

function readStats(hls: Hls, video: HTMLVideoElement, stalls: number): PlaybackStats {
  const level = hls.levels[hls.currentLevel];
  const { buffered, currentTime } = video;
  const end = buffered.length > 0 ? buffered.end(buffered.length - 1) : currentTime;
  return {
    latencySeconds: measuredLatency(hls.playingDate?.getTime(), Date.now()),
    bufferedSeconds: Math.max(0, end - currentTime),
    bandwidthKbps: Math.round(hls.bandwidthEstimate / 1_000),
    resolution: `${video.videoWidth}×${video.videoHeight}`,
    codec: level?.codecSet ?? '',
    droppedFrames: video.getVideoPlaybackQuality().droppedVideoFrames,
    stalls,
  };
}
