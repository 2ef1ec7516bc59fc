import { Aws, Fn, type Stage, Tags } from 'aws-cdk-lib';
import type { RegionName } from '../../runtime/shared/regions';
import type { Config } from '../config/config';
import { bucketName } from '../config/names';
import { EdgeStack } from '../stacks/edge';
import { ingressOutputs, type NetworkStack } from '../stacks/network';
import { EdgeObservabilityStack } from '../stacks/observability-edge';
import { stackName } from '../stacks/platform-stack';
import { refuseWithoutDomain } from './deployable';
import { costTag } from './tags';

/** CloudFront, its certificate and its web ACLs are made in this region, whatever the fleet (CloudFront Developer Guide). */
const env = { region: 'us-east-1' };

/**
 * What the whole fleet shares. Made of the fleet, never of the region a command is about. It stands in home's stage, not
 * in one of its own: only within a stage can the deployment be told that the load balancer comes first.
 */
export function addEdge(home: Stage, network: NetworkStack, config: Config): void {
  const hlsBucketName = (region: RegionName) => bucketName(config, 'hls', Aws.ACCOUNT_ID, region);
  // Read when the edge is deployed. Home's stack does not hold the edge's, nor the other way round.
  const read = ({ arn, dnsName }: { readonly arn: string; readonly dnsName: string }) => ({
    loadBalancerArn: Fn.getStackOutput(network.stackName, arn, config.home),
    loadBalancerDnsName: Fn.getStackOutput(network.stackName, dnsName, config.home),
  });
  const edge = new EdgeStack(home, 'edge', {
    env,
    config,
    stackName: stackName(config, 'edge'),
    description: 'Headend: certificate, web ACLs and distributions',
    terminationProtection: config.protection.terminationProtection,
    hlsBucketName,
    ingress: read(ingressOutputs.web),
    ...(network.internalLoadBalancers?.chat && { chatIngress: read(ingressOutputs.chat) }),
  });
  edge.addStackDependency(network, 'its VPC origin is the load balancer');
  const observability = new EdgeObservabilityStack(home, 'edge-observability', {
    env,
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
}
