import {
  cacheHitRequestFloor,
  deliveryLoad,
  requestsPerViewerSecond,
  viewersForByteOffload,
} from '../../../lib/capacity/delivery';
import { capacityPlan, sufficient } from '../../../lib/capacity/plan';
import { checkQuota } from '../../../lib/capacity/quotas';
import { parseConfig } from '../../../lib/config/parse';
import { tierNames } from '../../../lib/config/tiers';

describe('the delivery model', () => {
  test.each([
    // Four watched videos and their sound, playlists of 1 s, segments of 2 s: 7.5 origin requests a second and stream.
    ['one large stream', { viewers: 100_000, streams: 1 }, { rps: 200_000, origin: 7.5, gbps: 300, bytes: 0.99996 }],
    ['a hundred viewers', { viewers: 100, streams: 1 }, { rps: 200, origin: 7.5, gbps: 0.3, bytes: 0.96 }],
    ['the long tail', { viewers: 10_000, streams: 100 }, { rps: 20_000, origin: 750, gbps: 30, bytes: 0.96 }],
    ['fewer viewers than renditions', { viewers: 2, streams: 1 }, { rps: 4, origin: 4, gbps: 0.006, bytes: 0 }],
    ['nobody', { viewers: 0, streams: 0 }, { rps: 0, origin: 0, gbps: 0, bytes: 1 }],
  ])('says what %s asks of edge and origin', (_, audience, expected) => {
    const load = deliveryLoad({ ...audience, bitrateKbps: 3_000 });
    expect(load.viewerRequestsPerSecond).toBeCloseTo(expected.rps);
    expect(load.originRequestsPerSecond).toBeCloseTo(expected.origin);
    expect(load.gigabitsPerSecond).toBeCloseTo(expected.gbps);
    expect(load.byteOffload).toBeCloseTo(expected.bytes);
  });

  test('needs a hundred viewers per watched rendition for 99 % of the bytes from caches', () => {
    expect(viewersForByteOffload(0.99)).toBe(400);
    expect(deliveryLoad({ viewers: 400, streams: 1, bitrateKbps: 3_000 }).byteOffload).toBeCloseTo(0.99);
  });

  test('puts the floor of the hit-rate alarm where the model promises the rate, within reach of every tier', () => {
    expect(cacheHitRequestFloor({ streams: 1, hitRate: 0.5, periodSeconds: 300 })).toBe((4 * 7.5 * 300) / 0.5);
    for (const tier of tierNames) {
      const { viewers, broadcasts } = parseConfig({ tier }).tier.audience;
      const floor = cacheHitRequestFloor({ streams: broadcasts, hitRate: 0.5, periodSeconds: 300 });
      expect(floor).toBeLessThan(viewers * requestsPerViewerSecond * 300);
    }
  });
});

describe('the capacity plan', () => {
  test.each(tierNames)('of tier %s has room for everything it promises, in every region', (tier) => {
    for (const { region, steps } of capacityPlan(parseConfig({ tier })).regions) {
      for (const step of steps) expect([region, step.what, sufficient(step)]).toEqual([region, step.what, true]);
    }
  });

  test('finds a tier whose figures were overridden below its own audience', () => {
    const [home] = capacityPlan(parseConfig({ tier: '10k', 'set:audience.chatSockets': '99999' })).regions;
    const short = home?.steps.filter((step) => !sufficient(step)).map(({ what }) => what);
    expect(short).toEqual(['chat pods']);
  });

  test('asks for the bandwidth of 100k viewers, which CloudFront does not give by default', () => {
    const { quotas } = capacityPlan(parseConfig({ tier: '100k' }));
    expect(quotas.find(({ quota }) => quota === 'edgeBandwidth')).toMatchObject({
      needed: 300,
      newAccount: 150,
      enough: false,
      region: 'global',
    });
  });

  test('leaves the edge quotas to Cloudflare where it delivers', () => {
    const { quotas } = capacityPlan(
      parseConfig({
        cdn: 'cloudflare',
        cloudflareZoneId: '0'.repeat(32),
        cloudflareAccountId: '1'.repeat(32),
        cloudflareTokenSecret: 'token',
        r2CredentialsSecret: 'r2',
      }),
    );
    expect(quotas.map(({ quota }) => quota)).toEqual(['onDemandVcpus', 'spotVcpus', 'elasticIps']);
  });
});

describe('a quota', () => {
  test('that is too small comes with the command that asks for more', () => {
    expect(checkQuota('spotVcpus', 96, 'eu-west-1').fix).toBe(
      'aws service-quotas request-service-quota-increase --region eu-west-1 --service-code ec2 --quota-code L-34B43A08 --desired-value 96',
    );
  });

  test('that suffices needs no fix', () => {
    expect(checkQuota('elasticIps', 3, 'eu-west-1')).toEqual({
      quota: 'elasticIps',
      region: 'eu-west-1',
      needed: 3,
      newAccount: 5,
      unit: 'addresses',
      enough: true,
    });
  });
});
