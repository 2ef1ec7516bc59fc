import { App, Validations } from 'aws-cdk-lib';
import { buildApp } from '../lib/app';
import { parseConfig } from '../lib/config/parse';
import { ConfigError } from '../lib/config/problem';
import { HeadendPolicy } from '../lib/policy/plugin';

try {
  // Not by itself at exit: after an error nothing may be written.
  const app = new App({ autoSynth: false });
  const config = parseConfig(app.node.getAllContext());
  buildApp(config, app);
  const { retainData, deletionProtection } = config.protection;
  const { readReplicas } = config.tier.database;
  const policy = new HeadendPolicy({ expectations: { retainData, deletionProtection, readReplicas } });
  if (process.env.HEADEND_POLICY !== 'off') Validations.of(app).addPlugins(policy);
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
