import { type RegionName, regionNames } from '../../runtime/shared/regions';
import type { Config, Delivery, DocumentStoreChoice, Domain, Environment, Protection } from './config';
import type { FigureValue, TierName } from './figure';
import { type FlagName, flagNames, flags, type GivenFlags, isFlagName, overridePrefix } from './flags';
import { longestBucketName, maxBucketNameLength } from './names';
import { ConfigError, type ConfigProblem, nearestOf } from './problem';
import { contradictions } from './tier-rules';
import { allFigures, tierOf } from './tiers';

export type Context = Readonly<Record<string, unknown>>;

/** Keys that belong to the CDK: feature flags, and what lookups cached. */
const cdkKey =
  /^(@|aws[:-]|cli-|cdk-|tree$|(availability-zones|vpc-provider|ami|hosted-zone|ssm|key-provider|security-group|load-balancer|cc-api-provider):)/;

const defaultFleet = ['us-east-1', 'eu-west-1', 'ap-southeast-1'] as const;
const placeholder: Domain = { name: 'headend.invalid', hostedZoneId: 'Z00000000PLACEHOLDER', isPlaceholder: true };

/** Pods and services get addresses here (Amazon EKS User Guide), so no VPC may. */
const kubernetesServices = '172.20.0.0/16';

/**
 * Reads the context into a frozen config.
 * @throws ConfigError naming every problem at once
 */
export function parseConfig(context: Context): Config {
  const problems: ConfigProblem[] = [];
  const given = readFlags(context, problems);
  const config = assemble(
    given,
    readOverrides(context, unread(problems, 'tier') ? undefined : (given.tier ?? '1k'), problems),
    problems,
  );
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze(config);
}

function readFlags(context: Context, problems: ConfigProblem[]): GivenFlags {
  const given: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(context)) {
    if (cdkKey.test(key) || key.startsWith(overridePrefix)) continue;
    if (!isFlagName(key)) {
      problems.push({ flag: key, got: asText(value), allowed: 'there is no such flag', ...near(key, flagNames) });
      continue;
    }
    const text = asText(value);
    const { read, allowed, values } = flags[key];
    const parsed = read(text);
    if (parsed === undefined) {
      const last = text.split(',').find((part) => values && !values.includes(part as never)) ?? text;
      problems.push({ flag: key, got: text, allowed: `it is ${allowed}`, ...near(last, values ?? []) });
    } else {
      given[key] = parsed;
    }
  }
  return given as GivenFlags;
}

function readOverrides(
  context: Context,
  tier: TierName | undefined,
  problems: ConfigProblem[],
): Map<string, FigureValue> {
  const overrides = new Map<string, FigureValue>();
  for (const [key, value] of Object.entries(context)) {
    if (!key.startsWith(overridePrefix)) continue;
    const path = key.slice(overridePrefix.length);
    const named = allFigures.find((figure) => figure.path === path);
    if (!named) {
      const paths = allFigures.map((figure) => figure.path);
      problems.push({
        flag: key,
        got: asText(value),
        allowed: 'the tier table has no such figure',
        ...near(path, paths),
      });
      continue;
    }
    const parsed = named.figure.read(asText(value));
    if (parsed === undefined) {
      const { allowed, unit } = named.figure;
      problems.push({ flag: key, got: asText(value), allowed: `it is ${allowed} (${unit})` });
    } else {
      overrides.set(path, parsed);
    }
  }
  if (tier === undefined) return overrides;
  for (const { path, got, rule } of contradictions(tierOf(tier, overrides))) {
    problems.push({ flag: `${overridePrefix}${path}`, got: String(got), allowed: `with tier ${tier} it is ${rule}` });
  }
  return overrides;
}

function assemble(given: GivenFlags, overrides: Map<string, FigureValue>, problems: ConfigProblem[]): Config {
  const tierName = given.tier ?? '1k';
  const tier = tierOf(tierName, overrides);
  const environment = given.environment ?? 'dev';
  const name = given.name ?? 'headend';
  const fleet = fleetOf(given, tierName, problems);
  const notices: string[] = [];
  checkNames(name, environment, fleet, problems);
  if (tier.database.crossRegionBackup && fleet.length === 1) {
    notices.push('backups are not copied: the fleet has one region, and database.crossRegionBackup wants a second');
  }
  return {
    name,
    environment,
    tier,
    architecture: given.arch ?? 'arm64',
    fleet,
    home: fleet[0] ?? 'us-east-1',
    region: given.region ?? fleet[0] ?? 'us-east-1',
    domain: domainOf(given, problems),
    delivery: deliveryOf(given, tierName, problems, notices),
    documentStore: documentStoreOf(given, problems),
    ...playbackKeysOf(given, problems),
    ...(given.alarmEmail && { alarmEmail: given.alarmEmail }),
    vpcCidrs: vpcCidrsOf(given, fleet, problems),
    adminRoleArns: given.adminRoleArns ?? [],
    endpointCidrs: given.endpointCidrs ?? [],
    protection: protectionOf(given, environment, tier.operations.terminationProtection, problems),
    notices,
  };
}

function fleetOf(given: GivenFlags, tier: TierName, problems: ConfigProblem[]): readonly RegionName[] {
  // What the fleet is cannot be said after a typo in one of these; their own problem is enough.
  if (unread(problems, 'regions', 'region', 'tier')) return given.regions ?? ['us-east-1'];
  const fleet = given.regions ?? (tier === '100k' ? defaultFleet : [given.region ?? 'us-east-1']);
  if (new Set(fleet).size < fleet.length) {
    problems.push({ flag: 'regions', got: fleet.join(','), allowed: 'each region is named once' });
  }
  if (given.region && !fleet.includes(given.region)) {
    const fix = `it is one of the fleet ${fleet.join(', ')}; add it with -c regions=${[...fleet, given.region].join(',')}`;
    problems.push({ flag: 'region', got: given.region, allowed: fix });
  }
  return fleet;
}

function domainOf({ domain, hostedZoneId }: GivenFlags, problems: ConfigProblem[]): Domain {
  if (domain && hostedZoneId) return { name: domain, hostedZoneId, isPlaceholder: false };
  if (domain) problems.push({ flag: 'hostedZoneId', allowed: `it is needed with domain=${domain}` });
  if (hostedZoneId) problems.push({ flag: 'domain', allowed: `it is needed with hostedZoneId=${hostedZoneId}` });
  return placeholder;
}

const cloudflareFlags = ['cloudflareZoneId', 'cloudflareAccountId', 'cloudflareTokenSecret'] as const;

function deliveryOf(given: GivenFlags, tier: TierName, problems: ConfigProblem[], notices: string[]): Delivery {
  const { cloudflareZoneId: zoneId, cloudflareAccountId: accountId, cloudflareTokenSecret: tokenSecret } = given;
  const { r2CredentialsSecret } = given;
  const complete = zoneId !== undefined && accountId !== undefined && tokenSecret !== undefined;
  const cdn = given.cdn ?? (tier === '1k' && complete ? 'cloudflare' : 'cloudfront');
  if (!given.cdn) {
    const why = cdn === 'cloudflare' ? 'its zone, account and token are given' : 'cdn is not given';
    notices.push(`HLS is delivered by ${cdn}: ${why}`);
  }
  if (cdn === 'cloudfront') return { cdn };
  for (const flag of cloudflareFlags) {
    if (!given[flag]) problems.push({ flag, allowed: 'it is needed with cdn=cloudflare' });
  }
  if (!r2CredentialsSecret) {
    problems.push({
      flag: 'r2CredentialsSecret',
      allowed:
        'it is needed with cdn=cloudflare: without R2 the origin would be S3, and video from S3 through Cloudflare ' +
        'breaks its terms of service',
    });
  }
  if (given.playbackKeys) {
    const allowed =
      'private streams need cdn=cloudfront: behind Cloudflare nothing checks signed cookies; leave it out';
    problems.push({ flag: 'playbackKeys', got: `${given.playbackKeys.length} keys`, allowed });
  }
  return {
    cdn,
    zoneId: zoneId ?? '',
    accountId: accountId ?? '',
    tokenSecret: tokenSecret ?? '',
    r2CredentialsSecret: r2CredentialsSecret ?? '',
  };
}

function documentStoreOf(given: GivenFlags, problems: ConfigProblem[]): DocumentStoreChoice {
  switch (given.mongo) {
    case 'atlas':
      if (!given.atlasOrganizationId) {
        problems.push({ flag: 'atlasOrganizationId', allowed: 'it is needed with mongo=atlas' });
      }
      return {
        kind: 'atlas',
        organizationId: given.atlasOrganizationId ?? '',
        profile: given.atlasProfile ?? 'default',
      };
    case 'external':
      for (const flag of ['mongoUrl', 'mongoSecret'] as const) {
        if (!given[flag]) problems.push({ flag, allowed: 'it is needed with mongo=external' });
      }
      return { kind: 'external', url: given.mongoUrl ?? '', secretName: given.mongoSecret ?? '' };
    default:
      return { kind: 'documentdb' };
  }
}

function playbackKeysOf({ playbackKeys }: GivenFlags, problems: ConfigProblem[]): Pick<Config, 'playbackKeys'> {
  if (!playbackKeys) return {};
  const [current, next, ...rest] = playbackKeys;
  if (current && next && rest.length === 0) return { playbackKeys: [current, next] };
  problems.push({ flag: 'playbackKeys', got: `${playbackKeys.length} keys`, allowed: flags.playbackKeys.allowed });
  return {};
}

function vpcCidrsOf(given: GivenFlags, fleet: readonly RegionName[], problems: ConfigProblem[]): Config['vpcCidrs'] {
  const cidrs = given.vpcCidrs ?? fleet.map((region) => `10.${16 + regionNames.indexOf(region)}.0.0/16`);
  if (unread(problems, 'regions', 'region', 'tier')) return {};
  const got = cidrs.join(',');
  if (cidrs.length !== fleet.length) {
    problems.push({ flag: 'vpcCidrs', got, allowed: `one block for each of ${fleet.join(', ')}` });
  }
  // Blocks are all /16, so two overlap only when they are equal.
  const twice = cidrs.find((block, index) => cidrs.indexOf(block) !== index);
  if (twice) problems.push({ flag: 'vpcCidrs', got, allowed: `blocks must not overlap, ${twice} is there twice` });
  if (cidrs.includes(kubernetesServices)) {
    const allowed = `blocks must not overlap ${kubernetesServices}, where Kubernetes Services get their addresses`;
    problems.push({ flag: 'vpcCidrs', got, allowed });
  }
  return Object.fromEntries(fleet.map((region, index) => [region, cidrs[index]]));
}

function protectionOf(
  given: GivenFlags,
  environment: Environment,
  terminationProtection: boolean,
  problems: ConfigProblem[],
): Protection {
  if (environment === 'prod' && given.deletionProtection === false) {
    const allowed = 'environment=prod keeps deletion protection; use environment=staging for what may be deleted';
    problems.push({ flag: 'deletionProtection', got: 'false', allowed });
  }
  return {
    deletionProtection: given.deletionProtection ?? environment !== 'dev',
    terminationProtection: environment === 'prod' || (environment === 'staging' && terminationProtection),
    retainData: environment !== 'dev',
  };
}

function checkNames(name: string, environment: Environment, fleet: readonly RegionName[], problems: ConfigProblem[]) {
  const excess =
    Math.max(...fleet.map((region) => longestBucketName(name, environment, region).length)) - maxBucketNameLength;
  if (excess <= 0) return;
  const allowed = `at most ${name.length - excess} characters, so that bucket names stay within ${maxBucketNameLength}`;
  problems.push({ flag: 'name', got: name, allowed });
}

/** Whether one of these flags already has a problem, so that no rule can be checked against it. */
function unread(problems: readonly ConfigProblem[], ...names: FlagName[]): boolean {
  return problems.some(({ flag }) => names.some((name) => name === flag));
}

/** cdk.json may hold JSON values where the command line gives text. */
function asText(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function near(text: string, candidates: readonly string[]): Pick<ConfigProblem, 'nearest'> {
  const nearest = nearestOf(text, candidates);
  return nearest === undefined ? {} : { nearest };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
