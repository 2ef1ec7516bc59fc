import { allocatable, scaled, sumOf } from '../../../lib/capacity/allocatable';

describe('what pods may request on a node', () => {
  test.each([
    // 60 + 10 + 5 + 5 mCPU for four cores, 500 for the daemons; 255 + 11 × 110 + 100 + 512 MiB of 16 GiB.
    ['m7g.xlarge', { cpuMillis: 4_000 - 80 - 500, memoryMiB: 16_384 - 255 - 1_210 - 100 - 512 }],
    ['m7i.xlarge', { cpuMillis: 3_420, memoryMiB: 14_307 }],
    ['c7g.8xlarge', { cpuMillis: 32_000 - 150 - 500, memoryMiB: 65_536 - 255 - 2_750 - 100 - 512 }],
  ])('%s: its size less what EKS reserves and the daemons take', (type, room) => {
    expect(allocatable(type)).toEqual(room);
  });

  test('is unknown for a type outside the table, instead of nothing', () => {
    expect(allocatable('u7i-12tb.224xlarge')).toBeUndefined();
  });

  test('adds up and scales', () => {
    const one = { cpuMillis: 100, memoryMiB: 200 };
    expect(sumOf([one, scaled(one, 2)])).toEqual({ cpuMillis: 300, memoryMiB: 600 });
    expect(sumOf([])).toEqual({ cpuMillis: 0, memoryMiB: 0 });
  });
});
