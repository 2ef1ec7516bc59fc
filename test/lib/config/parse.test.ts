import { type Context, parseConfig } from '../../../lib/config/parse';
import { ConfigError, type ConfigProblem } from '../../../lib/config/problem';
import { cloudflareFlags, domainFlags } from '../matrix/cells';

function problemsOf(context: Context): readonly ConfigProblem[] {
  try {
    parseConfig(context);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('no problem was found');
}

const key = 'A'.repeat(392);

describe('defaults', () => {
  it('is a dev platform for 1,000 viewers in us-east-1, on a domain that cannot be deployed', () => {
    const config = parseConfig({});
    expect(config).toMatchObject({
      environment: 'dev',
      tier: { name: '1k' },
      fleet: ['us-east-1'],
      home: 'us-east-1',
      region: 'us-east-1',
      architecture: 'arm64',
      domain: { isPlaceholder: true },
      delivery: { cdn: 'cloudfront' },
      documentStore: { kind: 'documentdb' },
      protection: { deletionProtection: false, terminationProtection: false, retainData: false },
    });
  });

  it('takes the named region as the fleet at 1k and 10k', () => {
    expect(parseConfig({ tier: '10k', region: 'eu-west-1' })).toMatchObject({
      fleet: ['eu-west-1'],
      home: 'eu-west-1',
    });
  });

  it('takes three continents as the fleet at 100k, with home in us-east-1', () => {
    const { fleet, home, region } = parseConfig({ tier: '100k', region: 'ap-southeast-1' });
    expect({ fleet, home, region }).toEqual({
      fleet: ['us-east-1', 'eu-west-1', 'ap-southeast-1'],
      home: 'us-east-1',
      region: 'ap-southeast-1',
    });
  });

  it('delivers by Cloudflare at 1k when its three flags are given, and says so', () => {
    const { cdn: _, ...given } = cloudflareFlags;
    const small = parseConfig(given);
    expect(small.delivery.cdn).toBe('cloudflare');
    expect(small.notices).toEqual(['HLS is delivered by cloudflare: its zone, account and token are given']);
    expect(parseConfig({ ...given, tier: '10k' }).delivery.cdn).toBe('cloudfront');
  });

  it('keeps data and refuses deletion outside dev', () => {
    expect(parseConfig({ environment: 'prod' }).protection).toEqual({
      deletionProtection: true,
      terminationProtection: true,
      retainData: true,
    });
  });

  it('leaves the keys of the CDK alone', () => {
    const context = {
      '@aws-cdk/core:stackResourceLimit': 400,
      'aws:cdk:enable-path-metadata': true,
      'availability-zones:account=1:region=us-east-1': ['a'],
      'cli-telemetry': false,
    };
    expect(() => parseConfig(context)).not.toThrow();
  });
});

describe('a config', () => {
  it('is frozen to its depth', () => {
    const config = parseConfig({});
    expect(Object.isFrozen(config.tier.livekit)).toBe(true);
    expect(Object.isFrozen(config.fleet)).toBe(true);
  });

  it('gives every region of the table a VPC block of its own', () => {
    const { vpcCidrs } = parseConfig({ tier: '100k' });
    expect(new Set(Object.values(vpcCidrs)).size).toBe(3);
  });

  it('takes values of cdk.json that are not text', () => {
    expect(parseConfig({ deletionProtection: true, regions: ['eu-west-1', 'us-east-1'] })).toMatchObject({
      fleet: ['eu-west-1', 'us-east-1'],
      protection: { deletionProtection: true },
    });
  });
});

describe('overrides', () => {
  it('replace a figure by name', () => {
    const { tier } = parseConfig({ tier: '10k', 'set:livekit.replicas': '2', 'set:chat.sharded': 'true' });
    expect(tier.livekit.replicas).toBe(2);
    expect(tier.chat.sharded).toBe(true);
    expect(parseConfig({ tier: '10k' }).tier.livekit.replicas).toBe(3);
  });

  it('take a list of instance types', () => {
    const { tier } = parseConfig({ 'set:mediaNodes.types': 'c7g.8xlarge,c7g.4xlarge' });
    expect(tier.mediaNodes.types).toEqual(['c7g.8xlarge', 'c7g.4xlarge']);
  });
});

describe('bad input', () => {
  const cases: readonly [string, Context, readonly ConfigProblem[]][] = [
    [
      'an unknown flag',
      { regoin: 'eu-west-1' },
      [{ flag: 'regoin', got: 'eu-west-1', allowed: 'there is no such flag', nearest: 'region' }],
    ],
    [
      'a wrong tier',
      { tier: '10K' },
      [{ flag: 'tier', got: '10K', allowed: 'it is one of 1k, 10k, 100k', nearest: '10k' }],
    ],
    [
      'a region outside the fleet that was given',
      { regions: 'us-east-1,eu-west-1', region: 'eu-central-1' },
      [
        {
          flag: 'region',
          got: 'eu-central-1',
          allowed:
            'it is one of the fleet us-east-1, eu-west-1; add it with -c regions=us-east-1,eu-west-1,eu-central-1',
        },
      ],
    ],
    [
      'Cloudflare in front of S3',
      { ...cloudflareFlags, r2CredentialsSecret: undefined },
      [{ flag: 'r2CredentialsSecret', allowed: expect.stringContaining('terms of service') }],
    ],
    [
      'address blocks that overlap each other',
      { regions: 'us-east-1,eu-west-1', vpcCidrs: '10.5.0.0/16,10.5.0.0/16' },
      [
        {
          flag: 'vpcCidrs',
          got: '10.5.0.0/16,10.5.0.0/16',
          allowed: 'blocks must not overlap, 10.5.0.0/16 is there twice',
        },
      ],
    ],
    [
      'an address block that overlaps the Services of Kubernetes',
      { vpcCidrs: '172.20.0.0/16' },
      [{ flag: 'vpcCidrs', got: '172.20.0.0/16', allowed: expect.stringContaining('Kubernetes Services') }],
    ],
    [
      'a block for one region of two',
      { regions: 'us-east-1,eu-west-1', vpcCidrs: '10.5.0.0/16' },
      [{ flag: 'vpcCidrs', got: '10.5.0.0/16', allowed: 'one block for each of us-east-1, eu-west-1' }],
    ],
    [
      'an override that contradicts a figure',
      { 'set:livekit.replicas': '50' },
      [{ flag: 'set:livekit.replicas', got: '50', allowed: expect.stringContaining('below mediaNodes.max, 3') }],
    ],
    [
      'an override of no figure',
      { 'set:livekit.replicsa': '5' },
      [
        {
          flag: 'set:livekit.replicsa',
          got: '5',
          allowed: 'the tier table has no such figure',
          nearest: 'livekit.replicas',
        },
      ],
    ],
    [
      'an override of the wrong type',
      { 'set:karpenter.enabled': 'yes' },
      [{ flag: 'set:karpenter.enabled', got: 'yes', allowed: 'it is true or false (yes/no)' }],
    ],
    [
      'a domain without its zone',
      { domain: 'live.example.com' },
      [{ flag: 'hostedZoneId', allowed: 'it is needed with domain=live.example.com' }],
    ],
    [
      'a zone without its domain',
      { hostedZoneId: 'Z0123456789' },
      [{ flag: 'domain', allowed: 'it is needed with hostedZoneId=Z0123456789' }],
    ],
    [
      'a name too long for a bucket',
      { name: 'a-name-that-fills-a-bucket', region: 'ap-southeast-1' },
      [
        {
          flag: 'name',
          got: 'a-name-that-fills-a-bucket',
          allowed: 'at most 20 characters, so that bucket names stay within 63',
        },
      ],
    ],
    [
      'prod without deletion protection',
      { environment: 'prod', deletionProtection: 'false' },
      [{ flag: 'deletionProtection', got: 'false', allowed: expect.stringContaining('environment=staging') }],
    ],
    [
      'a region named twice',
      { regions: 'us-east-1,us-east-1', vpcCidrs: '10.5.0.0/16,10.6.0.0/16' },
      [{ flag: 'regions', got: 'us-east-1,us-east-1', allowed: 'each region is named once' }],
    ],
    [
      'private streams behind Cloudflare, where nothing checks cookies',
      { ...cloudflareFlags, playbackKeys: `${key},${key}` },
      [{ flag: 'playbackKeys', got: '2 keys', allowed: expect.stringContaining('need cdn=cloudfront') }],
    ],
    [
      'one playback key, which could not be replaced',
      { playbackKeys: key },
      [{ flag: 'playbackKeys', got: '1 keys', allowed: expect.stringContaining('two RSA public keys') }],
    ],
    [
      'Atlas without an organization',
      { mongo: 'atlas' },
      [{ flag: 'atlasOrganizationId', allowed: 'it is needed with mongo=atlas' }],
    ],
    [
      'an external MongoDB that is nowhere',
      { mongo: 'external' },
      [
        { flag: 'mongoUrl', allowed: 'it is needed with mongo=external' },
        { flag: 'mongoSecret', allowed: 'it is needed with mongo=external' },
      ],
    ],
  ];

  it.each(cases)('refuses %s', (_, context, problems) => {
    const given = Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined));
    expect(problemsOf(given)).toEqual(problems);
  });

  it('says nothing about what cannot be known after a typo', () => {
    const problems = problemsOf({ regions: 'eu-west-1,us-east-9', region: 'eu-west-1', vpcCidrs: '10.5.0.0/16' });
    expect(problems.map(({ flag }) => flag)).toEqual(['regions']);
  });

  it('lists every problem at once, in sentences', () => {
    const context = { tier: '10K', regoin: 'x', domain: 'live.example.com' };
    expect(() => parseConfig(context)).toThrow(
      [
        '3 problems with the context flags, nothing was synthesized:',
        '  -c tier: got "10K"; it is one of 1k, 10k, 100k (did you mean 10k?)',
        '  -c regoin: got "x"; there is no such flag (did you mean region?)',
        '  -c hostedZoneId: not given; it is needed with domain=live.example.com',
      ].join('\n'),
    );
  });
});

it('accepts a complete set of flags', () => {
  const config = parseConfig({
    ...domainFlags,
    ...cloudflareFlags,
    tier: '100k',
    environment: 'staging',
    regions: 'eu-central-1, us-west-2',
    arch: 'x86_64',
    mongo: 'external',
    mongoUrl: 'mongodb+srv://cluster0.abcde.mongodb.net',
    mongoSecret: 'mongo/admin',
    alarmEmail: 'oncall@example.com',
    adminRoleArns: 'arn:aws:iam::123456789012:role/platform/Admin',
    endpointCidrs: '203.0.113.0/24',
    deletionProtection: 'true',
  });
  expect(config.fleet).toEqual(['eu-central-1', 'us-west-2']);
});
