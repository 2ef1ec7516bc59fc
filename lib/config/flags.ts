import { type RegionName, regionNames } from '../../runtime/shared/regions';
import { tierNames } from './figure';

/** A context flag: how it is read, and what its reference page says. */
export interface Flag<T> {
  readonly purpose: string;
  /** What may be given, in words. */
  readonly allowed: string;
  /** What holds when it is not given, in words. */
  readonly fallback: string;
  /** The closed list of values, for the nearest match of a typo. */
  readonly values?: readonly string[];
  /** Reads the text; `undefined` when it is not allowed. */
  readonly read: (text: string) => T | undefined;
}

function choice<const V extends string>(values: readonly V[], fallback: string, purpose: string): Flag<V> {
  return {
    purpose,
    fallback,
    values,
    allowed: `one of ${values.join(', ')}`,
    read: (text) => values.find((value) => value === text),
  };
}

function text(pattern: RegExp, allowed: string, fallback: string, purpose: string): Flag<string> {
  return { purpose, fallback, allowed, read: (given) => (pattern.test(given) ? given : undefined) };
}

function list<T extends string>(item: Flag<T>, allowed: string, fallback: string, purpose: string): Flag<readonly T[]> {
  const read = (given: string) => {
    const items = given.split(',').map((part) => item.read(part.trim()));
    return items.every((value) => value !== undefined) ? items : undefined;
  };
  return { purpose, fallback, allowed, read, ...(item.values && { values: item.values }) };
}

const yesNo = (fallback: string, purpose: string): Flag<boolean> => ({
  purpose,
  fallback,
  values: ['true', 'false'],
  allowed: 'true or false',
  read: (given) => (given === 'true' ? true : given === 'false' ? false : undefined),
});

const domainName = /^(?=.{4,200}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
const secretName = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
const cidr16 = /^(10\.(\d{1,2}|1\d\d|2[0-4]\d|25[0-5])|172\.(1[6-9]|2\d|3[01])|192\.168)\.0\.0\/16$/;
const cidr = /^(\d{1,3}\.){3}\d{1,3}\/([89]|[12]\d|3[0-2])$/;

const aSecretName = 'the name of a secret in Secrets Manager';
const none = 'none';

/** Every context flag there is. `docs/reference/flags.md` is generated from it. */
export const flags = {
  tier: choice(tierNames, '1k', 'Scale tier, named by its concurrent viewers.'),
  environment: choice(
    ['dev', 'staging', 'prod'],
    'dev',
    'dev is destroyed without a trace; prod refuses to lose data.',
  ),
  regions: list<RegionName>(
    choice(regionNames, '', ''),
    `a comma-separated list of ${regionNames.join(', ')}`,
    '`region` alone at 1k and 10k; us-east-1,eu-west-1,ap-southeast-1 at 100k',
    'The fleet. The first region is home and runs everything, the others are ingest cells.',
  ),
  region: choice(regionNames, 'home, the first of `regions`', 'The region this command is about.'),
  domain: text(
    domainName,
    'a lower-case domain name such as live.example.com',
    'a placeholder that may be synthesized but not deployed',
    'The domain of the pages and of the API; media., ingest. and rtc. hosts stand below it.',
  ),
  hostedZoneId: text(
    /^Z[A-Z0-9]{5,31}$/,
    'the id of the Route 53 public hosted zone that holds `domain`',
    none,
    'Where records and certificate proofs are written. Needed with `domain`.',
  ),
  name: text(
    /^[a-z][a-z0-9-]*[a-z0-9]$/,
    'lower-case letters, digits and dashes',
    'headend',
    'First part of stack and bucket names: two deployments in one account differ by it or by `environment`.',
  ),
  arch: choice(['arm64', 'x86_64'], 'arm64', 'Processor architecture of nodes and images.'),
  cdn: choice(
    ['cloudfront', 'cloudflare'],
    'cloudflare at 1k when the zone, account and token below are all given, else cloudfront',
    'Who delivers HLS. API and pages are on CloudFront either way.',
  ),
  cloudflareZoneId: text(/^[0-9a-f]{32}$/, '32 hexadecimal digits', none, 'Cloudflare zone that holds `domain`.'),
  cloudflareAccountId: text(/^[0-9a-f]{32}$/, '32 hexadecimal digits', none, 'Cloudflare account that holds R2.'),
  cloudflareTokenSecret: text(secretName, aSecretName, none, 'Secret that holds the Cloudflare API token.'),
  r2CredentialsSecret: text(
    secretName,
    aSecretName,
    none,
    'Secret with JSON `{ "accessKeyId", "secretAccessKey" }` of R2, in every region of the fleet. Needed with `cdn=cloudflare`.',
  ),
  playbackKeys: list(
    text(/^[A-Za-z0-9+/]{200,800}={0,2}$/, '', '', ''),
    'two RSA public keys, base64 of their DER form, comma-separated, as `npx headend keys` prints them',
    'none: streams are public',
    'Turns on private streams: CloudFront accepts cookies signed by either key, so that one can be replaced.',
  ),
  mongo: choice(['documentdb', 'atlas', 'external'], 'documentdb', 'Where chat archive and analytics are stored.'),
  mongoUrl: text(
    /^mongodb(\+srv)?:\/\/[^@\s]+$/,
    'a MongoDB connection string without credentials',
    none,
    'An existing MongoDB. Needed with `mongo=external`.',
  ),
  mongoSecret: text(
    secretName,
    aSecretName,
    none,
    'Secret with JSON `{ "username", "password" }` of a user that may make users. Needed with `mongo=external`.',
  ),
  atlasOrganizationId: text(
    /^[0-9a-f]{24}$/,
    '24 hexadecimal digits',
    none,
    'Atlas organization that gets the project. Needed with `mongo=atlas`.',
  ),
  atlasProfile: text(
    /^[A-Za-z0-9_-]{1,64}$/,
    'letters, digits, dashes and underscores',
    'default',
    'Name of the secret profile (cfn/atlas/profile/NAME) that the Atlas CloudFormation types read.',
  ),
  alarmEmail: text(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'an e-mail address', none, 'Subscribed to the alarm topics.'),
  vpcCidrs: list(
    text(cidr16, '', '', ''),
    'private /16 blocks, one per region of the fleet and in its order, comma-separated',
    '10.N.0.0/16, N fixed per region',
    'Address blocks of the VPCs.',
  ),
  adminRoleArns: list(
    text(/^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/, '', '', ''),
    'ARNs of IAM roles, comma-separated',
    'none: only the deployment reaches the Kubernetes API',
    'Roles that get cluster-admin by an access entry.',
  ),
  endpointCidrs: list(
    text(cidr, '', '', ''),
    'address blocks, comma-separated',
    'none: the Kubernetes API is private',
    'Addresses from which the Kubernetes API may be reached over the internet.',
  ),
  deletionProtection: yesNo('true, but false with environment=dev', 'Whether databases refuse deletion.'),
} as const satisfies Record<string, Flag<unknown>>;

type Flags = typeof flags;
export type FlagName = keyof Flags;

/** What was given, read flag by flag. */
export type GivenFlags = { readonly [F in FlagName]?: Flags[F] extends Flag<infer T> ? T : never };

export const flagNames = Object.keys(flags) as FlagName[];

export function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(flags, name);
}

/** `-c set:livekit.replicas=5` replaces a figure of the tier. */
export const overridePrefix = 'set:';
