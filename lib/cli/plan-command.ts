import { capacityPlan, type RegionPlan, type Step, sufficient } from '../capacity/plan';
import type { QuotaCheck } from '../capacity/quotas';
import type { Config } from '../config/config';
import { type Command, configOf, exitCodes, options } from './command';
import { number, percent, table } from './format';

export const planCommand: Command = {
  summary: 'Viewers to bandwidth to nodes to quotas, for a tier and fleet',
  usage: 'headend plan [-c tier=10k] [-c regions=…] [-c set:figure=value] [--json]',
  run(args) {
    const { context } = options(args, {});
    const config = configOf(context);
    const plan = capacityPlan(config);
    const short = plan.regions.flatMap(({ region, steps }) =>
      steps.filter((step) => !sufficient(step)).map((step) => ({ region, ...step })),
    );
    const { delivery } = plan;
    const text = [
      `${config.tier.name} tier, ${config.fleet.join(', ')}: ${number(config.tier.audience.viewers)} viewers of ${number(config.tier.audience.broadcasts)} broadcasts`,
      '',
      'Delivery',
      table([
        [
          'to viewers',
          `${number(delivery.gigabitsPerSecond)} Gbit/s`,
          `${number(delivery.viewerRequestsPerSecond)} requests/s`,
        ],
        [
          'from the buckets',
          percent(1 - delivery.byteOffload),
          `${number(delivery.originRequestsPerSecond)} requests/s`,
        ],
        ['99 % of bytes from caches needs', `${number(plan.viewersFor99PercentOffload)} viewers`, 'of one stream'],
      ]),
      ...plan.regions.flatMap(regionText),
      '',
      'Quotas',
      table(plan.quotas.map(quotaRow), [2, 4]),
      ...missingQuotas(plan.quotas),
    ].join('\n');
    return {
      exitCode: short.length > 0 ? exitCodes.findings : exitCodes.ok,
      text,
      json: { schema: 'headend/plan/v1', ...facts(config), ...plan, insufficient: short },
    };
  },
};

const facts = ({ tier, fleet, environment }: Config) => ({ tier: tier.name, fleet, environment });

function regionText({ region, role, steps }: RegionPlan): string[] {
  return ['', `${region} (${role})`, table(steps.map(stepRow), [2, 4])];
}

function stepRow(step: Step): string[] {
  const { what, needed, available, unit, because } = step;
  return [sufficient(step) ? '√' : '×', what, number(needed), 'of', number(available), unit, because];
}

function quotaRow({ quota, region, needed, newAccount, unit, enough }: QuotaCheck): string[] {
  return [enough ? '√' : '‼', `${region} ${quota}`, number(needed), 'a new account has', number(newAccount), unit];
}

function missingQuotas(checks: readonly QuotaCheck[]): string[] {
  const fixes = checks.flatMap(({ fix }) => (fix ? [`  ${fix}`] : []));
  return fixes.length > 0 ? ['', 'Before the first deployment, unless your account has them already:', ...fixes] : [];
}
