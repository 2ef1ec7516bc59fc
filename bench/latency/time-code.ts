/**
 * A wall-clock time burnt into a picture as black and white cells, which survives scaling, H.264 and VP8. Shared by the
 * source that draws it and the page that reads it.
 */

export const pictureWidth = 320;
export const pictureHeight = 180;
/** Cells lie in a grid at the top of the picture. */
export const gridColumns = 16;
export const gridRows = 2;
/** Part of the picture's height that the grid takes. */
export const gridHeight = 40 / pictureHeight;

const cells = gridColumns * gridRows;
const cellSide = pictureWidth / gridColumns;
/** Milliseconds are told modulo this: the code repeats every 4.66 hours. */
const moduloMs = 2 ** 24;
const checkBits = 8;
/** Keeps an all-black or all-white picture from being a valid code. */
const checkMask = 0xa5;

/** Brightness of each cell, row by row: 24 bits of milliseconds, 8 bits of check. */
export function timeCodeCells(wallClockMs: number): readonly (0 | 255)[] {
  const ms = wallClockMs % moduloMs;
  const word = ms * 2 ** checkBits + checkOf(ms);
  return Array.from({ length: cells }, (_, index) => (Math.floor(word / 2 ** (cells - 1 - index)) % 2 === 1 ? 255 : 0));
}

/** Draws the code into a picture of one byte a pixel. */
export function drawTimeCode(picture: Uint8Array, wallClockMs: number): void {
  timeCodeCells(wallClockMs).forEach((brightness, index) => {
    const left = (index % gridColumns) * cellSide;
    const top = Math.floor(index / gridColumns) * cellSide;
    for (let row = top; row < top + cellSide; row += 1) {
      const start = row * pictureWidth + left;
      picture.fill(brightness, start, start + cellSide);
    }
  });
}

/**
 * Reads the brightnesses of the cells' centres, row by row.
 *
 * @param nowMs any later moment, to tell which repetition of the code it is
 * @returns the burnt-in wall-clock time in milliseconds; undefined when this is no code
 */
export function readTimeCode(brightnesses: ArrayLike<number>, nowMs: number): number | undefined {
  if (brightnesses.length !== cells) throw new Error(`a time code has ${cells} cells, not ${brightnesses.length}`);
  const word = Array.from(brightnesses).reduce((sum, brightness) => sum * 2 + (brightness > 127 ? 1 : 0), 0);
  const ms = Math.floor(word / 2 ** checkBits);
  if (word % 2 ** checkBits !== checkOf(ms)) return undefined;
  const age = (((nowMs - ms) % moduloMs) + moduloMs) % moduloMs;
  return nowMs - age;
}

const checkOf = (ms: number) => (ms & 0xff) ^ ((ms >> 8) & 0xff) ^ ((ms >> 16) & 0xff) ^ checkMask;
