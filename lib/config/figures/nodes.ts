import { instances, whole, yesNo } from '../figure';

const ec2 = 'Amazon EC2 Instance Types Guide';
const fit = 'sum of pod requests, one AZ gone';

const workerTypes = [
  'c7g.2xlarge',
  'c6g.2xlarge',
  'c7gd.2xlarge',
  'c6gd.2xlarge',
  'c6gn.2xlarge',
  'c7gn.2xlarge',
] as const;

/** Add-ons and controllers. */
export const systemNodes = {
  types: instances([['m7g.large'], ['m7g.xlarge'], ['m7g.2xlarge']], ec2, 'NGINX terminates every API socket here'),
  min: whole('nodes', [3, 3, 6], fit, 'one per AZ, two at 100k for two sets of NGINX'),
  max: whole('nodes', [4, 3, 6], fit, 'above the minimum only where Cluster Autoscaler runs'),
} as const;

/** The Express services. */
export const appNodes = {
  types: instances([['m7g.large'], ['m7g.xlarge'], ['m7g.2xlarge']], ec2, 'services are memory-bound at rest'),
  min: whole('nodes', 3, 'three AZs', 'one per AZ'),
  max: whole('nodes', [6, 3, 3], fit, 'from 10k Karpenter adds nodes instead'),
} as const;

/** LiveKit, one pod per node, public addresses. */
export const mediaNodes = {
  types: instances(
    [['c7g.4xlarge'], ['c7g.4xlarge'], ['c7g.4xlarge']],
    'Amazon EC2 network bandwidth page',
    'under 32 vCPUs an instance gets 5 Gbit/s to the internet, so more nodes beat larger ones',
  ),
  min: whole('nodes', [1, 4, 5], 'livekit.replicas', 'from 10k one more than pods, because nothing adds media nodes'),
  max: whole('nodes', [3, 6, 9], fit, 'a rollout starts the new pod on a free node before the old one drains'),
} as const;

/** Packagers, recording and thumbnails on Spot. */
export const workerNodes = {
  types: instances(
    [workerTypes, workerTypes, workerTypes],
    'Amazon EC2 Spot best practices',
    'six types of one size (8 vCPUs, 16 GiB): capacity of one pool may vanish, and every node fits two packagers',
  ),
  min: whole('nodes', [1, 3, 3], 'packager.minReplicas', 'idle headroom for the next broadcast'),
  max: whole('nodes', [18, 3, 3], fit, 'two packagers per node; from 10k Karpenter adds nodes instead'),
  onDemandFloor: whole(
    'nodes',
    [1, 3, 6],
    'Amazon EC2 Spot best practices',
    'a Spot shortage must not end every broadcast: this many nodes are On-Demand',
  ),
} as const;

export const karpenter = {
  enabled: yesNo([false, true, true], 'Amazon EKS Best Practices Guide', 'below it Cluster Autoscaler is enough'),
  appVcpus: whole('vCPUs', [0, 96, 288], fit, 'limit of the app NodePool'),
  workerVcpus: whole('vCPUs', [0, 672, 1_680], fit, 'limit of the worker NodePool: 4 vCPUs per packager, times 1.5'),
} as const;
