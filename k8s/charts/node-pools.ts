import type { Construct } from 'constructs';
import { type CellInputs, nodeContract } from '../inputs';
import { Ec2NodeClass, NodePool, type NodeRequirement } from '../resources/karpenter';
import { PlatformChart } from './platform-chart';

/** Bottlerocket for the cluster's Kubernetes version, as new as AWS has it; the budgets below pace the replacement. */
const amiAlias = 'bottlerocket@latest';

/** A node is replaced after this long, for patches. */
const nodeLifetime = '336h';

/**
 * Nodes that Karpenter starts when the node groups are full. Workers are Spot, of many types, and On-Demand only where
 * Spot has none; the pools carry the labels and taints of the node groups beside them, so pods do not tell them apart.
 */
export class NodePoolsChart extends PlatformChart {
  constructor(scope: Construct, inputs: CellInputs) {
    super(scope, 'node-pools', 'resources');
    const { appVcpus, workerVcpus } = inputs.figures.karpenter;
    this.addNodeClass(inputs);
    this.addPool('app', {
      vcpus: appVcpus,
      capacity: ['on-demand'],
      categories: ['m'],
      arch: inputs.karpenter.arch,
      // Emptied nodes are joined by moving pods: services are stateless and drain within a minute.
      consolidationPolicy: 'WhenEmptyOrUnderutilized',
    });
    this.addPool('worker', {
      vcpus: workerVcpus,
      capacity: ['spot', 'on-demand'],
      categories: ['c', 'm'],
      arch: inputs.karpenter.arch,
      // A packager holds a broadcast: a node goes when it has none, never to save a little.
      consolidationPolicy: 'WhenEmpty',
    });
  }

  private addNodeClass({ karpenter: { clusterName, nodeRole } }: CellInputs): void {
    const tags = { 'karpenter.sh/discovery': clusterName };
    new Ec2NodeClass(this, 'class', {
      metadata: { name: nodeClassName },
      spec: {
        role: nodeRole,
        amiSelectorTerms: [{ alias: amiAlias }],
        subnetSelectorTerms: [{ tags }],
        // EKS makes the cluster's group itself and puts only tags of its own on it.
        securityGroupSelectorTerms: [{ tags: { 'aws:eks:cluster-name': clusterName } }],
        blockDeviceMappings: [
          { deviceName: '/dev/xvdb', ebs: { volumeSize: '60Gi', volumeType: 'gp3', encrypted: true } },
        ],
        metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      },
    });
  }

  private addPool(pool: 'app' | 'worker', options: PoolOptions): void {
    const tainted = nodeContract.taintedPools.some((each) => each === pool);
    new NodePool(this, pool, {
      metadata: { name: pool },
      spec: {
        template: {
          metadata: { labels: { [nodeContract.pool]: pool } },
          spec: {
            nodeClassRef: { group: 'karpenter.k8s.aws', kind: 'EC2NodeClass', name: nodeClassName },
            requirements: requirements(options),
            ...(tainted && { taints: [{ key: nodeContract.pool, value: pool, effect: 'NoSchedule' }] }),
            expireAfter: nodeLifetime,
            terminationGracePeriod: '1h',
          },
        },
        limits: { cpu: String(options.vcpus) },
        disruption: {
          consolidationPolicy: options.consolidationPolicy,
          consolidateAfter: '5m',
          budgets: [{ nodes: '10%' }],
        },
      },
    });
  }
}

const nodeClassName = 'default';

interface PoolOptions {
  readonly vcpus: number;
  readonly capacity: readonly ('spot' | 'on-demand')[];
  readonly categories: readonly string[];
  readonly arch: 'arm64' | 'amd64';
  readonly consolidationPolicy: 'WhenEmpty' | 'WhenEmptyOrUnderutilized';
}

/** Two or more pods fit, and the loss of one node is not the loss of many. */
function requirements({ capacity, categories, arch }: PoolOptions): NodeRequirement[] {
  return [
    { key: 'karpenter.sh/capacity-type', operator: 'In', values: capacity },
    { key: 'kubernetes.io/arch', operator: 'In', values: [arch] },
    { key: 'karpenter.k8s.aws/instance-category', operator: 'In', values: categories },
    { key: 'karpenter.k8s.aws/instance-generation', operator: 'Gt', values: ['5'] },
    { key: 'karpenter.k8s.aws/instance-cpu', operator: 'In', values: ['8', '16'] },
  ];
}
