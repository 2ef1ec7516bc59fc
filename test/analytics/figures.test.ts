import { deliveryCost } from '../../runtime/analytics/cost';
import type { PlayerReport } from '../../runtime/analytics/events/event-store';
import { incrementsOf } from '../../runtime/analytics/events/increments';
import { flushReports } from '../../runtime/analytics/events/recorder';
import { ReportBuffer } from '../../runtime/analytics/events/report-buffer';
import { addMinutes, meanOf, readMinute, watchedMs } from '../../runtime/analytics/minutes/minute';
import { sampleRate } from '../../runtime/analytics/sampling';
import { createLogger } from '../../runtime/shared/log';
import { cloudFrontRequest, cloudFrontTransfer, internetTransfer } from '../../runtime/shared/prices';

const report = (sn: number, event: object = {}, change: Partial<PlayerReport> = {}): PlayerReport => ({
  streamId: 'st_1',
  sessionId: 'session-000000000001',
  transport: 'hls',
  region: 'us-east-1',
  receivedAtMs: 60_000 + sn,
  sampleRate: 1,
  event: { sn, ts: 0, e: 't', ...event },
  ...change,
});

describe('the sample rate', () => {
  it.each([
    [0, 0, 1],
    [5_000, 0, 1],
    [100_000, 0, 0.05],
    [1_000_000, 0, 0.01],
    [100, 0.5, 1],
    [100, 0.75, 0.5],
    [100, 1, 0.01],
  ])('for %i viewers and a buffer filled to %f is %f', (viewers, fill, rate) => {
    expect(sampleRate(viewers, fill)).toBe(rate);
  });
});

describe('what reports add to a minute', () => {
  it('sums what they have, and scales rates up by the sample', () => {
    const reports = [
      report(0, { msd: 500, br: 1_000 }),
      report(1, { br: 3_000, bsd: 40, e: 'e' }, { sampleRate: 0.1 }),
    ];
    expect(incrementsOf(reports)).toEqual({
      reports: 2,
      'sum:msd': 500,
      'count:msd': 1,
      'sum:br': 4_000,
      'count:br': 2,
      starved: 400,
      errors: 10,
    });
  });
});

describe('minutes', () => {
  it('add up, peaks excepted', () => {
    const whole = readMinute(
      addMinutes([
        { peak: 5, 'watch:hls:us-east-1': 60_000, 'sum:br': 3_000, 'count:br': 1 },
        { peak: 3, 'watch:hls:us-east-1': 30_000, 'watch:webrtc:eu-west-1': 10_000, 'sum:br': 1_000, 'count:br': 1 },
      ]),
    );
    expect(whole.peak).toBe(5);
    expect(watchedMs(whole)).toBe(100_000);
    expect(meanOf(whole.means.br)).toBe(2_000);
    expect(meanOf(whole.means.msd)).toBeNull();
  });
});

describe('the cost of delivery', () => {
  it('is nothing where nothing was watched', () => {
    expect(deliveryCost([], null)).toEqual({ deliveryUsd: 0, usdPerViewerHour: null });
  });

  it('is transfer and requests at list price per region for HLS, transfer alone for WebRTC', () => {
    const hour = 3_600_000;
    const gigabytes = (4_000 * 3_600) / 8 / 1e6;
    const hls = (region: string) => deliveryCost([{ transport: 'hls', region, ms: hour }], 4_000).deliveryUsd;
    const first = (steps: readonly { usdPerGigabyte: number }[]) => steps[0]?.usdPerGigabyte ?? Number.NaN;
    expect(hls('us-west-2')).toBeCloseTo(gigabytes * first(cloudFrontTransfer.us) + 3_600 * cloudFrontRequest.us, 9);
    expect(hls('ap-northeast-1')).toBeCloseTo(
      gigabytes * first(cloudFrontTransfer.japan) + 3_600 * cloudFrontRequest.japan,
      9,
    );
    const webrtc = deliveryCost([{ transport: 'webrtc', region: 'us-east-1', ms: 2 * hour }], 4_000);
    expect(webrtc.usdPerViewerHour).toBeCloseTo(gigabytes * first(internetTransfer), 9);
  });
});

describe('the report buffer', () => {
  it('gives up the oldest when it is full, and counts them', () => {
    let dropped = 0;
    const buffer = new ReportBuffer(3, (count) => {
      dropped += count;
    });
    buffer.add([report(0), report(1), report(2), report(3)]);
    expect(dropped).toBe(1);
    expect(buffer.fill).toBe(1);
    const taken = buffer.take(2);
    buffer.add([report(4), report(5)]);
    buffer.putBack(taken);
    expect(dropped).toBe(3);
    expect(buffer.take(10).map(({ event }) => event.sn)).toEqual([3, 4, 5]);
  });

  it('keeps what the document store did not take, in order, and stores it later', async () => {
    const buffer = new ReportBuffer(100, () => undefined);
    buffer.add([report(0), report(1)]);
    let isAway = true;
    const stored: number[] = [];
    const store = {
      store: async (reports: readonly PlayerReport[]) => {
        if (isAway) throw new Error('away');
        stored.push(...reports.map(({ event }) => event.sn));
        return reports;
      },
      droppedFrames: async () => 0,
    };
    const added: unknown[] = [];
    const minutes = {
      open: async () => undefined,
      add: async (...increments: unknown[]) => void added.push(increments),
      snapshot: async () => undefined,
      read: async () => [],
    };
    const flush = () => flushReports(buffer, store, minutes, createLogger('test', 'silent'));
    await flush();
    expect(buffer.length).toBe(2);
    isAway = false;
    await flush();
    expect(stored).toEqual([0, 1]);
    expect(added).toEqual([['st_1', 60_000, { reports: 2 }]]);
  });
});
