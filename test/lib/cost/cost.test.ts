import { parseConfig } from '../../../lib/config/parse';
import { tierNames } from '../../../lib/config/tiers';
import { gigabytesPerViewerHour, monthlyVolume, typicalMonth } from '../../../lib/cost/audience';
import { alternatives, estimate, sensitivity } from '../../../lib/cost/estimate';
import { platformCost } from '../../../lib/cost/platform';
import { usageCost } from '../../../lib/cost/usage';
import { volumeCost } from '../../../lib/cost/volume';
import {
  cloudFrontTransfer,
  ec2Prices,
  flatRateBusiness,
  internetTransfer,
  prices,
} from '../../../runtime/shared/prices';

const cloudflare = {
  cdn: 'cloudflare',
  cloudflareZoneId: '0'.repeat(32),
  cloudflareAccountId: '1'.repeat(32),
  cloudflareTokenSecret: 'cloudflare-token',
  r2CredentialsSecret: 'r2-credentials',
};

describe('transfer by volume', () => {
  test.each([
    ['inside the first step', cloudFrontTransfer.us, 1_000, 85],
    ['at the end of the first step', cloudFrontTransfer.us, 10_000, 850],
    ['over three steps: 10 TB, 40 TB and 85 TB', cloudFrontTransfer.us, 135_000, 850 + 3_200 + 5_100],
    ['Japan, the same 135 TB', cloudFrontTransfer.japan, 135_000, 1_140 + 3_560 + 7_310],
    ['into the last step', internetTransfer, 200_000, 900 + 3_400 + 7_000 + 2_500],
    ['nothing', cloudFrontTransfer.us, 0, 0],
  ])('costs what its steps say %s', (_, steps, gigabytes, usd) => {
    expect(volumeCost(steps, gigabytes)).toBeCloseTo(usd, 6);
  });

  test('has a price for every step', () => {
    for (const steps of Object.values(cloudFrontTransfer)) {
      for (const { usdPerGigabyte } of steps) expect(usdPerGigabyte).toBeGreaterThan(0);
      expect(steps.at(-1)?.upToTerabytes).toBe(Number.POSITIVE_INFINITY);
    }
  });
});

describe('a viewer-hour', () => {
  test('is 1.35 GB at 3 Mbit/s, and two requests per segment of video and of sound', () => {
    expect(gigabytesPerViewerHour(3_000)).toBeCloseTo(1.35, 9);
    const volume = monthlyVolume({
      viewers: 100,
      hours: 10,
      bitrateKbps: 3_000,
      webrtcShare: 0.1,
      broadcasts: 2,
      geography: { us: 1 },
    });
    expect(volume).toEqual({
      viewerHours: 1_000,
      hlsViewerHours: 900,
      hlsGigabytes: 1_215,
      hlsRequests: 900 * 3_600 * 2,
      webrtcGigabytes: expect.closeTo(135, 6),
      broadcastHours: 20,
    });
  });
});

describe('the bill', () => {
  const config = parseConfig({ tier: '10k' });
  const profile = typicalMonth(config);
  const bill = estimate(config, profile);

  test('is the sum of its lines, fixed and usage, largest first', () => {
    const sum = bill.lines.reduce((total, { usd }) => total + usd, 0);
    expect(bill.totalUsd).toBeCloseTo(sum, 6);
    expect(bill.fixedUsd + bill.usageUsd).toBeCloseTo(bill.totalUsd, 6);
    expect(bill.usdPerViewerHour).toBeCloseTo(bill.totalUsd / 300_000, 9);
    expect(bill.lines.map(({ usd }) => usd)).toEqual(bill.lines.map(({ usd }) => usd).sort((a, b) => b - a));
  });

  test.each(tierNames)('of tier %s names what it cannot price, and never counts it as nothing', (tier) => {
    const { lines, unpriced } = platformCost(
      parseConfig({
        tier,
        mongo: 'external',
        mongoSecret: 'mongo',
        mongoUrl: 'mongodb+srv://chat.example.mongodb.net',
      }),
    );
    expect(unpriced).toContainEqual({ what: 'document store (external)', why: 'billed by its vendor' });
    for (const { usd, what } of lines) expect([what, usd > 0]).toEqual([what, true]);
  });

  test.each(tierNames)('of tier %s has a price for each machine of the tier, on both architectures', (tier) => {
    for (const arch of ['arm64', 'x86_64']) {
      const { unpriced } = platformCost(parseConfig({ tier, arch }));
      expect(unpriced.filter(({ why }) => why.startsWith('no price'))).toEqual([]);
    }
  });

  test('says so when a machine has no price', () => {
    const { unpriced } = platformCost(parseConfig({ tier: '10k', 'set:database.instanceClass': 'db.x9g.large' }));
    expect(unpriced).toContainEqual({
      what: expect.stringContaining('PostgreSQL (db.x9g.large'),
      why: 'no price for db.x9g.large',
    });
  });

  test('follows the region: Singapore is dearer than Virginia, and has its own transfer prices', () => {
    const singapore = parseConfig({ tier: '10k', region: 'ap-southeast-1' });
    expect(platformUsd(singapore)).toBeGreaterThan(platformUsd(config) * 1.15);
    expect(estimate(singapore, typicalMonth(singapore)).usageUsd).toBeGreaterThan(bill.usageUsd);
  });

  test('hangs on the bitrate, and the sensitivity says by how much', () => {
    const lower = sensitivity(config, profile).find(({ change }) => change === 'bitrate 25 % lower');
    expect(lower?.relative).toBeLessThan(-0.1);
    expect(lower?.usdPerViewerHour).toBeCloseTo(bill.usdPerViewerHour * (1 + (lower?.relative ?? 0)), 9);
  });

  test('has no delivery transfer behind Cloudflare, only reads of R2', () => {
    const behind = parseConfig({ tier: '1k', ...cloudflare });
    const lines = usageCost(behind, typicalMonth(behind)).map(({ what }) => what);
    expect(lines).toContain('R2 reads behind the cache');
    expect(lines).not.toContain('CloudFront transfer');
    expect(platformCost(behind).unpriced).toContainEqual({ what: 'Cloudflare plan', why: 'billed by Cloudflare' });
  });
});

test.each(tierNames)('the budget of tier %s covers the typical month, with a fifth to spare', (tier) => {
  const config = parseConfig({ tier });
  const { totalUsd } = estimate(config, typicalMonth(config));
  const { monthlyBudgetUsd } = config.tier.operations;
  expect(monthlyBudgetUsd).toBeGreaterThan(1.15 * totalUsd);
  expect(monthlyBudgetUsd).toBeLessThan(1.3 * totalUsd);
});

const platformUsd = (config: Parameters<typeof platformCost>[0]) =>
  platformCost(config).lines.reduce((sum, { usd }) => sum + usd, 0);

describe('other routes', () => {
  const config = parseConfig({ tier: '1k' });
  const flatRate = (viewers: number) =>
    alternatives(config, { ...typicalMonth(config), viewers, hours: 30, webrtcShare: 0 }).find(({ name }) =>
      name.includes('flat-rate'),
    );

  test('offer the flat rate while its terabytes and requests suffice, and say why not when they do not', () => {
    expect(flatRate(500)).toMatchObject({ usd: flatRateBusiness.usdPerMonth });
    expect(flatRate(2_000)).toEqual({
      name: 'CloudFront flat-rate Business',
      note: 'does not fit: 81 of 50 TB, 432 M of 125 M requests',
    });
  });
});

describe('the price table', () => {
  test('gives every price a source and a month', () => {
    for (const [name, { usd, source, asOf }] of Object.entries({ ...prices, ...ec2Prices })) {
      expect([name, usd > 0, source.length > 0, /^20\d\d-(0[1-9]|1[0-2])$/.test(asOf)]).toEqual([
        name,
        true,
        true,
        true,
      ]);
    }
  });
});
