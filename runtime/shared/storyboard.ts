import { timestamp } from './web-vtt';

/**
 * A storyboard says which picture belongs to which moment of a presentation, in the form that players know: WebVTT whose
 * cues name an image, with `#xywh=` (Media Fragments URI 1.0) if the picture is a tile of a sprite sheet. A cue's
 * identifier is the media sequence number of the picture's segment: it is the same in every playlist, where time is not,
 * because a playlist that slides begins later than the broadcast. Pure.
 */
export interface StoryboardCue {
  readonly sequence: number;
  /** On the presentation's timeline: the sum of the durations of all segments before. */
  readonly startSeconds: number;
  /** URI, relative to the storyboard's. */
  readonly image: string;
  /** Absent when the image is the picture. */
  readonly tile?: Tile;
}

/** In pixels of the sheet. */
export interface Tile {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const spriteGrid = { columns: 5, rows: 5, tileWidth: 160, tileHeight: 90 } as const;
export const tilesPerSheet = spriteGrid.columns * spriteGrid.rows;

/** @param index of the tile in its sheet, from 0, row by row */
export function tileAt(index: number): Tile {
  const { columns, tileWidth: width, tileHeight: height } = spriteGrid;
  return { x: (index % columns) * width, y: Math.floor(index / columns) * height, width, height };
}

/**
 * A picture stands until the next one.
 *
 * @param cues oldest first
 * @param endSeconds of the last cue
 */
export function storyboardText(cues: readonly StoryboardCue[], endSeconds: number): string {
  const blocks = cues.map(({ sequence, startSeconds, image, tile }, index) => {
    const end = cues[index + 1]?.startSeconds ?? endSeconds;
    const fragment = tile ? `#xywh=${tile.x},${tile.y},${tile.width},${tile.height}` : '';
    return `${sequence}\n${timestamp(startSeconds)} --> ${timestamp(end)}\n${image}${fragment}\n`;
  });
  return ['WEBVTT\n', ...blocks].join('\n');
}

/** Reads what {@link storyboardText} writes; skips what is no cue of that form. */
export function parseStoryboard(text: string): StoryboardCue[] {
  return [...text.replaceAll('\r\n', '\n').matchAll(cuePattern)].map((match) => {
    const [sequence = '', hours, minutes, seconds, image = '', x, y, width, height] = match.slice(1);
    return {
      sequence: Number(sequence),
      startSeconds: Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds),
      image,
      ...(x !== undefined && {
        tile: { x: Number(x), y: Number(y), width: Number(width), height: Number(height) },
      }),
    };
  });
}

const cuePattern =
  /^(\d+)\n(\d{2,}):(\d{2}):(\d{2}\.\d{3}) --> [\d:.]+\n([^\s#]+)(?:#xywh=(\d+),(\d+),(\d+),(\d+))?$/gm;
