import { Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { RegionName } from '../../runtime/shared/regions';
import type { Config } from '../config/config';
import { systemName } from '../config/names';

export interface RegionalProps {
  readonly config: Config;
  readonly region: RegionName;
}

export type StackComponent =
  | 'network'
  | 'cluster'
  | 'data'
  | 'media-storage'
  | 'workloads'
  | 'observability'
  | 'edge'
  | 'edge-observability';

/** Name of a stack; the same in every region. */
export function stackName(config: Config, component: StackComponent): string {
  return `${systemName(config)}-${component}`;
}

/** A stack of one region: named, tagged and, where it holds data, protected. */
export abstract class PlatformStack extends Stack {
  protected readonly config: Config;
  /** The fleet's first region runs everything; the others take in and package broadcasts. */
  protected readonly isHome: boolean;

  constructor(
    scope: Construct,
    component: StackComponent,
    { config, region }: RegionalProps,
    props: Pick<StackProps, 'description'> & { readonly holdsData?: boolean },
  ) {
    super(scope, component, {
      env: { region },
      stackName: stackName(config, component),
      terminationProtection: (props.holdsData ?? false) && config.protection.terminationProtection,
      ...(props.description && { description: props.description }),
    });
    this.config = config;
    this.isHome = region === config.home;
    Tags.of(this).add('component', component);
  }

  protected get logRetention(): RetentionDays {
    return this.config.tier.operations.logRetentionDays as RetentionDays;
  }
}
