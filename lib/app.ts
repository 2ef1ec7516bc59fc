import { Annotations, App } from 'aws-cdk-lib';
import type { Config } from './config/config';
import { RegionStage } from './stages/region-stage';

/** The stage of a deployment. Depends on the config only: no lookups, no environment, no Docker. */
export function buildApp(config: Config, app: App = new App()): App {
  new RegionStage(app, { config, region: config.region });
  for (const notice of config.notices) Annotations.of(app).addInfoV2('headend:choice', notice);
  return app;
}
