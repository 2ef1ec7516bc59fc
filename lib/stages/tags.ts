import { Tags } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Config } from '../config/config';
import { systemName } from '../config/names';

/** Cost reports and the budget count by this tag. */
export function costTag(config: Config) {
  return { key: 'system', value: systemName(config) } as const;
}

/** Tags of everything. Nothing that changes with every deployment: a changed tag is an update of each resource. */
export function tag(scope: IConstruct, config: Config): void {
  const { key, value } = costTag(config);
  Tags.of(scope).add(key, value);
  Tags.of(scope).add('environment', config.environment);
  Tags.of(scope).add('tier', config.tier.name);
}
