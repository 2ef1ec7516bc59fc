import { SplitMemory } from '../../../runtime/chat/shards/split-memory';

const tenMinutes = 600_000;

describe('how a room is spread', () => {
  const at = { now: 0 };
  const memory = () => new SplitMemory(() => at.now);
  beforeEach(() => {
    at.now = 0;
  });

  it('grows at once', () => {
    const splits = memory();
    expect([1, 2_001, 9_000].map((viewers) => splits.splitFor('st_1', viewers, 16))).toEqual([1, 2, 5]);
  });

  it('shrinks only after ten minutes below half', () => {
    const splits = memory();
    splits.splitFor('st_1', 8_000, 16);
    expect(splits.splitFor('st_1', 3_000, 16)).toBe(4);
    at.now = tenMinutes - 1;
    expect(splits.splitFor('st_1', 3_000, 16)).toBe(4);
    at.now = tenMinutes;
    expect(splits.splitFor('st_1', 3_000, 16)).toBe(2);
  });

  it('starts waiting anew when the room fills up in between', () => {
    const splits = memory();
    splits.splitFor('st_1', 8_000, 16);
    splits.splitFor('st_1', 3_000, 16);
    at.now = tenMinutes - 1;
    splits.splitFor('st_1', 5_000, 16);
    at.now = tenMinutes + 1;
    expect(splits.splitFor('st_1', 3_000, 16)).toBe(4);
  });

  it('never names more shards than there are', () => {
    const splits = memory();
    splits.splitFor('st_1', 30_000, 16);
    expect(splits.splitFor('st_1', 20_000, 3)).toBe(3);
  });
});
