import { Stage, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { RegionName } from '../../runtime/shared/regions';
import type { Config } from '../config/config';
import { ClusterStack } from '../stacks/cluster';
import { DataStack } from '../stacks/data';
import { MediaStorageStack } from '../stacks/media-storage';
import { NetworkStack } from '../stacks/network';
import { ObservabilityStack } from '../stacks/observability';
import { stackName } from '../stacks/platform-stack';
import { WorkloadsStack } from '../stacks/workloads';
import { refuseWithoutDomain } from './deployable';
import { addEdge } from './edge';
import { settleLifetimes } from './lifetime';
import { tag } from './tags';

export interface RegionStageProps {
  readonly config: Config;
  readonly region: RegionName;
}

/** One region of the fleet: home, with everything and the edge, or an ingest cell. */
export class RegionStage extends Stage {
  constructor(scope: Construct, props: RegionStageProps) {
    const { config, region } = props;
    super(scope, region, { env: { region } });
    const network = new NetworkStack(this, props);
    const cluster = new ClusterStack(this, { ...props, network });
    const data = new DataStack(this, { ...props, network, cluster });
    const storage = new MediaStorageStack(this, { ...props, network });
    const workloads = new WorkloadsStack(this, { ...props, network, cluster, data, storage });
    const observability = new ObservabilityStack(this, 'observability', {
      ...props,
      env: { region },
      stackName: stackName(config, 'observability'),
      description: 'Headend: alarms and dashboard',
      clusterName: cluster.clusterName,
      certificateArn: network.certificate.certificateArn,
      caches: data.cacheFacts,
      ...(data.home && { database: data.home.postgres.facts }),
    });
    observability.addStackDependency(workloads);
    Tags.of(observability).add('component', 'observability');
    for (const stack of [network, cluster, data, storage, workloads, observability]) {
      refuseWithoutDomain(stack, config.domain);
    }
    // The edge goes with home: it needs home's load balancer, and the cells need nothing of it.
    if (region === config.home) addEdge(this, network, config);
    settleLifetimes(this, config);
    tag(this, config);
  }
}
