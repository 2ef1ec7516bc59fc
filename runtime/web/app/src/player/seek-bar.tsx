import { type CSSProperties, type PointerEvent, useRef, useState } from 'react';
import type { StoryboardCue } from '../../../../shared/storyboard';
import { clock } from '../ui/format';
import { type ListedSegment, pictureAt, secondsAt } from './picture-at';
import { loadStoryboard, storyboardUrl } from './storyboard';

export interface SeekBarProps {
  /** Playlist that plays, if one does. */
  readonly playlistUrl: string | undefined;
  readonly withCredentials: boolean;
  readonly listed: () => readonly ListedSegment[];
  readonly endSeconds: number;
  readonly currentSeconds: number;
  readonly onSeek: (seconds: number) => void;
}

interface Pointed {
  readonly x: number;
  readonly seconds: number;
}

/** Shows the picture of the moment that is pointed at, where the broadcast has a storyboard. */
export function SeekBar(props: SeekBarProps) {
  const { playlistUrl, withCredentials, listed, endSeconds, currentSeconds, onSeek } = props;
  const [cues, setCues] = useState<readonly StoryboardCue[]>([]);
  const [pointed, setPointed] = useState<Pointed>();
  const bar = useRef<HTMLInputElement>(null);
  const url = playlistUrl === undefined ? undefined : storyboardUrl(playlistUrl);
  const cue = pointed && pictureAt(cues, pointed.seconds, listed());

  // Each time, because it grows with the broadcast; the browser's cache answers for as long as it may.
  const load = () => {
    if (url !== undefined) void loadStoryboard(url, withCredentials).then(setCues);
  };
  const point = ({ clientX }: PointerEvent) => {
    if (!bar.current) return;
    const { left, width } = bar.current.getBoundingClientRect();
    setPointed({ x: clientX - left, seconds: secondsAt(clientX - left, width, endSeconds) });
  };

  return (
    <div className="seek" onPointerEnter={load} onPointerMove={point} onPointerLeave={() => setPointed(undefined)}>
      <input
        ref={bar}
        type="range"
        min={0}
        max={endSeconds}
        step={1}
        value={currentSeconds}
        aria-label="Seek"
        onChange={(event) => onSeek(Number(event.target.value))}
      />
      {url !== undefined && pointed && cue && (
        <span className="preview" aria-hidden="true" style={previewStyle(url, cue, pointed.x)}>
          {clock(pointed.seconds)}
        </span>
      )}
    </div>
  );
}

function previewStyle(url: string, { image, tile }: StoryboardCue, x: number): CSSProperties {
  return {
    left: `${x}px`,
    backgroundImage: `url(${JSON.stringify(new URL(image, url).href)})`,
    ...(tile && {
      width: tile.width,
      height: tile.height,
      backgroundPosition: `${-tile.x}px ${-tile.y}px`,
      backgroundSize: 'auto',
    }),
  };
}
