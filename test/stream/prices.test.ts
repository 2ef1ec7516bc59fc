import { earlyDeletionUsd, restorePriceUsd } from '../../runtime/stream/recordings/price';

const gb = 2 ** 30;

describe('what a recording in the archive costs', () => {
  it('to bring back is retrieval and a copy in standard storage', () => {
    // 100 GB: 100 × 0.02 + 100 × 0.023 × 7 / 30, and with bulk 100 × 0.0025 instead.
    expect(restorePriceUsd(100 * gb, 'standard', 7)).toBeCloseTo(2.5367, 4);
    expect(restorePriceUsd(100 * gb, 'bulk', 7)).toBeCloseTo(0.7867, 4);
  });

  it('to delete early is the rest of 180 days', () => {
    expect(earlyDeletionUsd(100 * gb, 0)).toBeCloseTo(0.594, 4);
    expect(earlyDeletionUsd(100 * gb, 90)).toBeCloseTo(0.297, 4);
    expect(earlyDeletionUsd(100 * gb, 200)).toBe(0);
  });
});
