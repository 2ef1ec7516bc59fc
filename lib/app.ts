import { Annotations, App } from 'aws-cdk-lib';
import type { Config } from './config/config';
import { GlobalEdgeStage } from './stages/global-edge-stage';
import { RegionStage } from './stages/region-stage';

/** The stages of a deployment. Depends on the config only: no lookups, no environment, no Docker. */
export function buildApp(config: Config, app: App = new App()): App {
  new RegionStage(app, { config, region: config.region });
  // The edge goes with home: it needs home's load balancer, and the cells need nothing of it.
  if (config.region === config.home) new GlobalEdgeStage(app, { config });
  for (const notice of config.notices) Annotations.of(app).addInfoV2('headend:choice', notice);
  return app;
}
