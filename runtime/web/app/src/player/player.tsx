import { useEffect, useRef, useState } from 'react';
import { clock } from '../ui/format';
import { Icon } from '../ui/icons';
import {
  type CaptionTrack,
  type HlsPlayer,
  type PlaybackProblem,
  type PlaybackStats,
  playHls,
  type QualityLevel,
} from './hls-player';
import { SeekBar } from './seek-bar';
import { StatsOverlay } from './stats-overlay';
import { playWebRtc, preloadWebRtc, type WebRtcPlayer, type WebRtcSource } from './webrtc-player';

export type PlayerSource =
  | {
      readonly transport: 'hls';
      /** Sliding live playlist, or a replay's playlist. */
      readonly url: string;
      /** Growing playlist of the whole broadcast; absent when the channel has no rewind. */
      readonly rewindUrl?: string | undefined;
      /** Whether media requests carry the CDN's cookies: private streams. */
      readonly withCredentials: boolean;
    }
  | ({ readonly transport: 'webrtc' } & WebRtcSource);

export interface PlayerProps {
  readonly source: PlayerSource;
  readonly live: boolean;
  readonly title: string;
  /** Whether the other latency can be chosen; absent hides the choice. */
  readonly onLatencyChange?: ((lowest: boolean) => void) | undefined;
  /** Told when WebRTC cannot go on. */
  readonly onWebRtcLost: () => void;
}

const problemText: Record<PlaybackProblem, string> = {
  waiting: 'The broadcast is about to start…',
  stalled: 'The connection to the stream was lost. Trying again…',
  unsupported: 'This browser cannot play HLS.',
  outdated: 'This page was updated since you opened it. Reload it to go on watching.',
};

export function Player({ source, live, title, onLatencyChange, onWebRtcLost }: PlayerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const frame = useRef<HTMLElement>(null);
  const player = useRef<HlsPlayer | WebRtcPlayer | undefined>(undefined);
  const [rewinding, setRewinding] = useState(false);
  const [levels, setLevels] = useState<readonly QualityLevel[]>([]);
  const [level, setLevel] = useState(-1);
  const [captionTracks, setCaptionTracks] = useState<readonly CaptionTrack[]>([]);
  const [captions, setCaptions] = useState<string>();
  const chosenCaptions = useRef(captions);
  chosenCaptions.current = captions;
  const [problem, setProblem] = useState<PlaybackProblem>();
  const [stats, setStats] = useState<PlaybackStats>();
  const [showStats, setShowStats] = useState(false);
  const hls = source.transport === 'hls' ? source : undefined;
  const playingUrl = rewinding && hls?.rewindUrl !== undefined ? hls.rewindUrl : hls?.url;
  const withCredentials = hls?.withCredentials ?? false;
  // A fresh token comes with every poll; the one that opened the room is good for as long as it lasts.
  const room = useRef<WebRtcSource | undefined>(undefined);
  room.current = source.transport === 'webrtc' ? source : undefined;
  const lost = useRef(onWebRtcLost);
  lost.current = onWebRtcLost;

  useEffect(() => {
    const element = video.current;
    if (!element) return;
    const abandoned = new AbortController();
    setProblem(undefined);
    setCaptionTracks([]);
    const started: Promise<HlsPlayer | WebRtcPlayer | undefined> =
      playingUrl !== undefined
        ? playHls(
            element,
            { url: playingUrl, withCredentials, rewinding },
            chosenCaptions.current,
            { onLevels: setLevels, onCaptionTracks: setCaptionTracks, onProblem: setProblem, onStats: setStats },
            abandoned.signal,
          )
        : room.current
          ? playWebRtc(element, room.current, () => lost.current(), abandoned.signal)
          : Promise.resolve(undefined);
    started
      .then((playing) => {
        if (abandoned.signal.aborted) playing?.destroy();
        else player.current = playing;
      })
      // A player's library is not there any more: another release is being served.
      .catch((error: unknown) => {
        if (abandoned.signal.aborted) return;
        console.error(error);
        if (playingUrl === undefined) lost.current();
        else setProblem('outdated');
      });
    return () => {
      abandoned.abort();
      player.current?.destroy();
      player.current = undefined;
    };
  }, [playingUrl, withCredentials, rewinding]);

  const chooseCaptions = (language: string | undefined) => {
    setCaptions(language);
    if (player.current && 'setCaptions' in player.current) player.current.setCaptions(language);
  };

  const media = useMedia(video);
  const canSeek = rewinding || !live;

  return (
    <section
      ref={frame}
      className={`player${media.paused ? ' paused' : ''}`}
      aria-label={`Player: ${title}`}
      onKeyDown={(event) => {
        if (event.key === 'D' && event.shiftKey) setShowStats((shown) => !shown);
        if (event.key === 'c') chooseCaptions(captions === undefined ? captionTracks[0]?.language : undefined);
      }}
    >
      <video ref={video} playsInline muted autoPlay onClick={() => media.toggle()} />
      {problem !== undefined && <p className="message">{problemText[problem]}</p>}
      {showStats && hls && stats && <StatsOverlay stats={stats} />}
      <div className="controls">
        {canSeek && (
          <SeekBar
            key={playingUrl}
            playlistUrl={playingUrl}
            withCredentials={withCredentials}
            listed={() => (player.current && 'listed' in player.current ? player.current.listed() : [])}
            endSeconds={Math.max(1, media.seekableEnd)}
            currentSeconds={media.currentTime}
            onSeek={media.seek}
          />
        )}
        <button type="button" onClick={() => media.toggle()} aria-label={media.paused ? 'Play' : 'Pause'}>
          <Icon shape={media.paused ? 'play' : 'pause'} />
        </button>
        <button type="button" onClick={() => media.toggleMute()} aria-label={media.muted ? 'Unmute' : 'Mute'}>
          <Icon shape={media.muted ? 'muted' : 'sound'} />
        </button>
        <input
          type="range"
          className="wide"
          min={0}
          max={1}
          step={0.05}
          value={media.muted ? 0 : media.volume}
          aria-label="Volume"
          onChange={(event) => media.setVolume(Number(event.target.value))}
        />
        {live && (
          <button type="button" onClick={() => setRewinding(false)} disabled={!rewinding}>
            {rewinding ? `−${clock(stats?.latencySeconds ?? 0)} · Go live` : '● LIVE'}
          </button>
        )}
        {live && hls?.rewindUrl !== undefined && !rewinding && (
          <button type="button" onClick={() => setRewinding(true)}>
            Rewind
          </button>
        )}
        <span className="spacer" />
        {onLatencyChange && (
          <button
            type="button"
            aria-pressed={hls === undefined}
            title="WebRTC: under half a second, without rewind"
            onPointerEnter={preloadWebRtc}
            onFocus={preloadWebRtc}
            onClick={() => onLatencyChange(hls !== undefined)}
          >
            {hls === undefined ? 'Ultra-low latency' : 'Normal latency'}
          </button>
        )}
        <select
          hidden={hls === undefined}
          value={level}
          aria-label="Quality"
          onChange={(event) => {
            const index = Number(event.target.value);
            setLevel(index);
            if (player.current && 'setLevel' in player.current) player.current.setLevel(index);
          }}
        >
          <option value={-1}>Auto</option>
          {levels.map(({ index, label }) => (
            <option key={index} value={index}>
              {label}
            </option>
          ))}
        </select>
        {hls && captionTracks.length > 0 && (
          <select
            value={captions ?? ''}
            aria-label="Captions"
            aria-keyshortcuts="c"
            onChange={(event) => chooseCaptions(event.target.value || undefined)}
          >
            <option value="">No captions</option>
            {captionTracks.map(({ language, label }) => (
              <option key={language} value={language}>
                {label}
              </option>
            ))}
          </select>
        )}
        <button type="button" className="wide" onClick={() => setShowStats((shown) => !shown)} aria-pressed={showStats}>
          Stats
        </button>
        <button type="button" className="wide" onClick={() => void video.current?.requestPictureInPicture()}>
          PiP
        </button>
        <button type="button" onClick={() => toggleFullscreen(frame.current)} aria-label="Full screen">
          <Icon shape="fullScreen" />
        </button>
      </div>
    </section>
  );
}

function toggleFullscreen(element: HTMLElement | null): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void element?.requestFullscreen();
}

/** The media element's state, as React state. */
function useMedia(ref: React.RefObject<HTMLVideoElement | null>) {
  const [state, setState] = useState({ paused: true, muted: true, volume: 1, currentTime: 0, seekableEnd: 0 });
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const read = () => {
      const { paused, muted, volume, currentTime, seekable, duration } = element;
      const end = seekable.length > 0 ? seekable.end(seekable.length - 1) : Number.isFinite(duration) ? duration : 0;
      setState({ paused, muted, volume, currentTime, seekableEnd: end });
    };
    const names = ['play', 'pause', 'volumechange', 'timeupdate', 'durationchange'] as const;
    for (const name of names) element.addEventListener(name, read);
    return () => {
      for (const name of names) element.removeEventListener(name, read);
    };
  }, [ref]);

  const act = (change: (element: HTMLVideoElement) => void) => {
    if (ref.current) change(ref.current);
  };
  return {
    ...state,
    toggle: () => act((element) => (element.paused ? void element.play().catch(() => undefined) : element.pause())),
    toggleMute: () =>
      act((element) => {
        element.muted = !element.muted;
      }),
    setVolume: (volume: number) =>
      act((element) => {
        element.volume = volume;
        element.muted = volume === 0;
      }),
    seek: (seconds: number) =>
      act((element) => {
        element.currentTime = seconds;
      }),
  };
}
