import fc from 'fast-check';
import {
  drawTimeCode,
  gridColumns,
  gridRows,
  pictureHeight,
  pictureWidth,
  readTimeCode,
  timeCodeCells,
} from '../../bench/latency/time-code';

const hours = 3_600_000;

describe('a burnt-in time code', () => {
  it('is read back as it was written, up to four hours later', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1.7e12, max: 2e12 }), fc.integer({ min: 0, max: 4 * hours }), (written, age) => {
        expect(readTimeCode(timeCodeCells(written), written + age)).toBe(written);
      }),
    );
  });

  it('is read from grey: encoders do not keep black black', () => {
    const washedOut = timeCodeCells(1.8e12).map((cell) => (cell === 255 ? 190 : 60));
    expect(readTimeCode(washedOut, 1.8e12)).toBe(1.8e12);
  });

  it('is not seen in a picture of one colour, nor when a cell is wrong', () => {
    const cells = timeCodeCells(1_790_000_123_456);
    expect(
      readTimeCode(
        cells.map(() => 0),
        1.8e12,
      ),
    ).toBeUndefined();
    expect(
      readTimeCode(
        cells.map(() => 255),
        1.8e12,
      ),
    ).toBeUndefined();
    cells.forEach((_, wrong) => {
      const damaged = cells.map((cell, index) => (index === wrong ? 255 - cell : cell));
      expect(readTimeCode(damaged, 1.8e12)).toBeUndefined();
    });
  });

  it('stands in the picture where the reader looks', () => {
    const picture = new Uint8Array(pictureWidth * pictureHeight).fill(128);
    drawTimeCode(picture, 1_790_000_123_456);
    const side = pictureWidth / gridColumns;
    const centres = Array.from({ length: gridColumns * gridRows }, (_, index) => {
      const x = (index % gridColumns) * side + side / 2;
      const y = Math.floor(index / gridColumns) * side + side / 2;
      return picture[y * pictureWidth + x] ?? 0;
    });
    expect(readTimeCode(centres, 1_790_000_200_000)).toBe(1_790_000_123_456);
  });
});
