import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { buildApp } from '../../lib/app';
import { parseConfig } from '../../lib/config/parse';
import type { Expectations } from '../../lib/policy/subject';

const { context: featureFlags } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };

/** The app as `bin/app.ts` builds it, with the feature flags of `cdk.json`. */
export function buildTestApp(context: Readonly<Record<string, string>>) {
  const config = parseConfig({ domain: 'live.example.com', hostedZoneId: 'Z0123456789ABC', ...context });
  const { retainData, deletionProtection } = config.protection;
  const expectations: Expectations = {
    retainData,
    deletionProtection,
    readReplicas: config.tier.database.readReplicas,
  };
  return { app: buildApp(config, new App({ context: featureFlags })), expectations };
}
