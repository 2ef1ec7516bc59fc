import type { Config } from '../../../lib/config/config';
import { tierNames } from '../../../lib/config/figure';
import { parseConfig } from '../../../lib/config/parse';

/** One invocation of the CDK that a test or the matrix makes. */
export interface Cell {
  readonly name: string;
  readonly config: Config;
}

export const domainFlags = { domain: 'live.example.com', hostedZoneId: 'Z0123456789ABCDEFGHIJ' } as const;

export const cloudflareFlags = {
  cdn: 'cloudflare',
  cloudflareZoneId: '0123456789abcdef0123456789abcdef',
  cloudflareAccountId: 'fedcba9876543210fedcba9876543210',
  cloudflareTokenSecret: 'cloudflare/token',
  r2CredentialsSecret: 'cloudflare/r2',
} as const;

const regions = ['us-east-1', 'eu-west-1', 'ap-southeast-1'] as const;
const cdns = { cloudfront: { cdn: 'cloudfront' }, cloudflare: cloudflareFlags } as const;

/** All tiers in three regions with both CDNs, in the environment whose rules are strictest. */
export function matrixCells(): Cell[] {
  return tierNames.flatMap((tier) =>
    regions.flatMap((region) =>
      Object.entries(cdns).map(([cdn, flags]) => ({
        name: `${tier} ${region} ${cdn}`,
        config: parseConfig({ tier, region, environment: 'prod', ...domainFlags, ...flags }),
      })),
    ),
  );
}
