import type { Config } from '../config/config';
import { tierNames } from '../config/tiers';
import { type AudienceProfile, monthlyVolume, typicalMonth } from '../cost/audience';
import { alternatives, type Estimate, estimate, sensitivity } from '../cost/estimate';
import { type Command, configOf, exitCodes, numberOption, options, UsageError } from './command';
import { number, percent, table, usd } from './format';

const linesShown = 10;

export const costCommand: Command = {
  summary: "A month's bill at list prices, per viewer-hour, with alternatives and sensitivity",
  usage:
    'headend cost [-c tier=10k] [--viewers N] [--hours N] [--bitrate KBPS] [--webrtc SHARE] [--broadcasts N]\n' +
    '             [--max-usd-per-viewer-hour N] [--compare-tiers] [--json]',
  run(args) {
    const values = options(args, {
      viewers: { type: 'string' },
      hours: { type: 'string' },
      bitrate: { type: 'string' },
      webrtc: { type: 'string' },
      broadcasts: { type: 'string' },
      'max-usd-per-viewer-hour': { type: 'string' },
      'compare-tiers': { type: 'boolean' },
    });
    if (values['compare-tiers']) return compareTiers(values.context);
    const config = configOf(values.context);
    const profile = profileOf(config, values);
    const limit = numberOption('max-usd-per-viewer-hour', values['max-usd-per-viewer-hour'], 0, 1_000);
    const bill = estimate(config, profile);
    const over = limit !== undefined && bill.usdPerViewerHour > limit;
    return {
      exitCode: over ? exitCodes.findings : exitCodes.ok,
      text: [billText(config, profile, bill), ...(over ? [overText(bill, limit)] : [])].join('\n'),
      json: {
        schema: 'headend/cost/v1',
        tier: config.tier.name,
        fleet: config.fleet,
        profile,
        ...bill,
        alternatives: alternatives(config, profile),
        sensitivity: sensitivity(config, profile),
        ...(limit !== undefined && { maxUsdPerViewerHour: limit, over }),
      },
    };
  },
};

interface ProfileOptions {
  readonly viewers?: string | undefined;
  readonly hours?: string | undefined;
  readonly bitrate?: string | undefined;
  readonly webrtc?: string | undefined;
  readonly broadcasts?: string | undefined;
}

function profileOf(config: Config, given: ProfileOptions): AudienceProfile {
  const typical = typicalMonth(config);
  return {
    ...typical,
    viewers: numberOption('viewers', given.viewers, 1, 10_000_000) ?? typical.viewers,
    hours: numberOption('hours', given.hours, 1, 744) ?? typical.hours,
    bitrateKbps: numberOption('bitrate', given.bitrate, 100, 50_000) ?? typical.bitrateKbps,
    webrtcShare: numberOption('webrtc', given.webrtc, 0, 1) ?? typical.webrtcShare,
    broadcasts: numberOption('broadcasts', given.broadcasts, 1, 100_000) ?? typical.broadcasts,
  };
}

function billText(config: Config, profile: AudienceProfile, bill: Estimate): string {
  const { viewers, hours, bitrateKbps, webrtcShare } = profile;
  const rest = bill.lines.slice(linesShown);
  return [
    `${config.tier.name} tier, ${config.fleet.join(', ')}: ${number(viewers)} viewers for ${number(hours)} h at ${number(bitrateKbps)} kbit/s, ${percent(webrtcShare)} on WebRTC`,
    '',
    `${usd(bill.totalUsd)} a month: ${usd(bill.fixedUsd)} whether anyone watches or not, ${usd(bill.usageUsd)} for the audience`,
    `${usd(bill.usdPerViewerHour)} per viewer-hour, ${usd(bill.usdPerBroadcastHour)} per broadcast-hour`,
    '',
    'Largest lines',
    table(
      [
        ...bill.lines
          .slice(0, linesShown)
          .map(({ what, kind, quantity, unit, usd: cost }) => [usd(cost), what, kind, `${number(quantity)} × ${unit}`]),
        [usd(rest.reduce((sum, { usd: cost }) => sum + cost, 0)), `${rest.length} more (--json lists all)`, '', ''],
      ],
      [0],
    ),
    '',
    'Delivery of the same audience by other routes',
    table(
      alternatives(config, profile).map(({ name, usd: cost, note }) => [
        cost === undefined ? '—' : usd(cost),
        name,
        note,
      ]),
      [0],
    ),
    '',
    'What a viewer-hour hangs on',
    table(
      sensitivity(config, profile).map(({ change, usdPerViewerHour, relative }) => [
        usd(usdPerViewerHour),
        signed(relative),
        change,
      ]),
      [0, 1],
    ),
    '',
    `Not counted: ${bill.unpriced.map(({ what, why }) => `${what} (${why})`).join('; ')}`,
    `List prices before discounts and free tiers; ${percent(bill.estimatedShare)} of the sum stands on estimated prices. Sources and dates: runtime/shared/prices.ts`,
  ].join('\n');
}

const signed = (relative: number) => `${relative > 0 ? '+' : ''}${percent(relative)}`;

const overText = ({ usdPerViewerHour }: Estimate, limit: number) =>
  `\n× ${usd(usdPerViewerHour)} per viewer-hour is over the limit of ${usd(limit)}`;

function compareTiers(context: readonly string[] = []) {
  if (context.some((each) => each.startsWith('tier='))) throw new UsageError('--compare-tiers takes no -c tier=…');
  const tiers = tierNames.map((tier) => {
    const config = configOf([...context, `tier=${tier}`]);
    const profile = typicalMonth(config);
    const { fixedUsd, usageUsd, totalUsd, usdPerViewerHour } = estimate(config, profile);
    return { tier, viewerHours: monthlyVolume(profile).viewerHours, fixedUsd, usageUsd, totalUsd, usdPerViewerHour };
  });
  const header = ['tier', 'viewer-hours', 'fixed', 'audience', 'month', 'per viewer-hour'];
  const rows = tiers.map(({ tier, viewerHours, fixedUsd, usageUsd, totalUsd, usdPerViewerHour }) => [
    tier,
    number(viewerHours),
    usd(fixedUsd),
    usd(usageUsd),
    usd(totalUsd),
    usd(usdPerViewerHour),
  ]);
  return {
    exitCode: exitCodes.ok,
    text: table([header, ...rows], [1, 2, 3, 4, 5]),
    json: { schema: 'headend/cost-tiers/v1', tiers },
  };
}
