import { Aws, Fn, Stage, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { RegionName } from '../../runtime/shared/regions';
import type { Config } from '../config/config';
import { bucketName } from '../config/names';
import { EdgeStack } from '../stacks/edge';
import { ingressOutputs } from '../stacks/network';
import { EdgeObservabilityStack } from '../stacks/observability-edge';
import { stackName } from '../stacks/platform-stack';
import { refuseWithoutDomain } from './deployable';
import { settleLifetimes } from './lifetime';
import { costTag, tag } from './tags';

export interface GlobalEdgeStageProps {
  readonly config: Config;
}

/** CloudFront, its certificate and its web ACLs are made in this region, whatever the fleet (CloudFront Developer Guide). */
const edgeRegion = 'us-east-1';

/** What the whole fleet shares. Made of the fleet, never of the region a command is about. */
export class GlobalEdgeStage extends Stage {
  constructor(scope: Construct, { config }: GlobalEdgeStageProps) {
    super(scope, 'edge', { env: { region: edgeRegion } });
    const hlsBucketName = (region: RegionName) => bucketName(config, 'hls', Aws.ACCOUNT_ID, region);
    const network = stackName(config, 'network');
    const edge = new EdgeStack(this, 'edge', {
      config,
      stackName: stackName(config, 'edge'),
      description: 'Headend: certificate, web ACLs and distributions',
      terminationProtection: config.protection.terminationProtection,
      hlsBucketName,
      // Read when the edge is deployed, after home; neither stack holds the other.
      ingress: {
        loadBalancerArn: Fn.getStackOutput(network, ingressOutputs.arn, config.home),
        loadBalancerDnsName: Fn.getStackOutput(network, ingressOutputs.dnsName, config.home),
      },
    });
    const observability = new EdgeObservabilityStack(this, 'observability', {
      config,
      stackName: stackName(config, 'edge-observability'),
      description: 'Headend: alarms, dashboard and budget of what is global',
      edge,
      hlsBucketName,
      costTag: costTag(config),
    });
    Tags.of(edge).add('component', 'edge');
    Tags.of(observability).add('component', 'observability');
    for (const stack of [edge, observability]) refuseWithoutDomain(stack, config.domain);
    settleLifetimes(this, config);
    tag(this, config);
  }
}
