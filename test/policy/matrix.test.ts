import { type IPolicyValidationContext, Validations } from 'aws-cdk-lib';
import type { Acknowledgement } from '../../lib/policy/acknowledgement';
import { acknowledgements } from '../../lib/policy/acknowledgements';
import { HeadendPolicy } from '../../lib/policy/plugin';
import { buildTestApp } from './test-app';

const cloudflare = {
  cdn: 'cloudflare',
  cloudflareZoneId: '0'.repeat(32),
  cloudflareAccountId: '1'.repeat(32),
  cloudflareTokenSecret: 'cloudflare-token',
  r2CredentialsSecret: 'r2-credentials',
};

/** Every tier, both CDN options, both roles of a region, every document store, every environment. */
const cells = {
  '1k': { tier: '1k', environment: 'prod' },
  '1k, cloudflare': { tier: '1k', environment: 'prod', ...cloudflare },
  '1k, dev, x86_64': { tier: '1k', environment: 'dev', arch: 'x86_64', region: 'ap-southeast-1' },
  '10k': { tier: '10k', environment: 'prod', region: 'eu-west-1' },
  '10k, cloudflare, external store': {
    tier: '10k',
    environment: 'staging',
    mongo: 'external',
    mongoSecret: 'mongo',
    mongoUrl: 'mongodb+srv://chat.example.mongodb.net',
    ...cloudflare,
  },
  '10k, Atlas': { tier: '10k', environment: 'prod', mongo: 'atlas', atlasOrganizationId: '0'.repeat(24) },
  '100k, home': { tier: '100k', environment: 'prod' },
  '100k, cell': { tier: '100k', environment: 'prod', region: 'eu-west-1' },
  '100k, cloudflare, home': { tier: '100k', environment: 'prod', ...cloudflare },
} as const;

/** Synthesizes a cell with the policy on. Synthesis goes on where the policy finds something: the test reports it. */
function findings(context: Readonly<Record<string, string>>) {
  const { app, expectations } = buildTestApp(context);
  const policy = new HeadendPolicy({ expectations });
  const found: string[] = [];
  Validations.of(app).addPlugins({
    name: policy.name,
    validate(given: IPolicyValidationContext) {
      for (const { ruleName, description } of policy.validate(given).violations)
        found.push(`${ruleName}: ${description}`);
      return { success: true, violations: [] };
    },
  });
  app.synth();
  return { found, used: policy.used };
}

describe('the policy over every cell', () => {
  const used = new Set<Acknowledgement>();

  test.each(Object.entries(cells))('finds nothing unacknowledged: %s', (_, context) => {
    const result = findings(context);
    for (const each of result.used) used.add(each);
    expect(result.found).toEqual([]);
  });

  test('has no acknowledgement that fires nowhere any more', () => {
    const stale = acknowledgements.filter((each) => !used.has(each)).map(({ rule, scope }) => `${rule} at ${scope}`);
    expect(stale).toEqual([]);
  });

  test('has a reason for every acknowledgement, and each only once', () => {
    for (const { reason } of acknowledgements) expect(reason.length).toBeGreaterThan(20);
    const keys = acknowledgements.map(({ rule, scope }) => `${rule} at ${scope}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
