import { whole, yesNo } from '../figure';

type Three = readonly [number, number, number];

interface Pods {
  readonly min: Three;
  readonly max: Three;
  readonly cpu: Three;
  readonly memory: Three;
  readonly reason: string;
}

const estimate = 'engineering estimate, to be checked by load tests';

/** Replicas and the size of one pod. A workload has an autoscaler where `maxReplicas` is above `minReplicas`. */
const pods = ({ min, max, cpu, memory, reason }: Pods) => ({
  minReplicas: whole('pods per region', min, estimate, reason),
  maxReplicas: whole('pods per region', max, estimate, reason),
  cpuMillis: whole('mCPU requested per pod', cpu, estimate, reason),
  memoryMiB: whole('MiB per pod, request and limit', memory, estimate, reason),
});

const autoscaling = {
  cpuTargetPercent: whole('% of requested CPU', 70, 'product checklist', 'scale auth and chat above 70 % CPU'),
} as const;

const auth = pods({
  min: [2, 3, 6],
  max: [2, 12, 40],
  cpu: [250, 500, 500],
  memory: [512, 768, 768],
  reason: 'Argon2id costs 19 MiB and about 30 ms of CPU per login; a start of show is a login storm',
});

const stream = pods({
  min: [2, 4, 8],
  max: [2, 4, 8],
  cpu: [250, 500, 1_000],
  memory: [512, 512, 768],
  reason: 'control plane of broadcasts; viewers reach it once per page load and are cached',
});

const chat = {
  ...pods({
    min: [2, 3, 12],
    max: [2, 12, 40],
    cpu: [500, 1_000, 1_000],
    memory: [512, 1_024, 1_024],
    reason: 'fan-out of messages to sockets; 2,500 sockets per pod at the maximum',
  }),
  sharded: yesNo(
    [false, false, true],
    'product checklist',
    'at 100k a room lives on the shards that own its streamId; below it any pod serves any room',
  ),
} as const;

const analytics = pods({
  min: [2, 4, 12],
  max: [2, 4, 12],
  cpu: [250, 500, 1_000],
  memory: [512, 512, 768],
  reason: 'one heartbeat per viewer every 10 s',
});

const web = pods({
  min: [2, 3, 6],
  max: [2, 3, 6],
  cpu: [100, 200, 250],
  memory: [128, 128, 256],
  reason: 'static pages behind the CDN',
});

const ingest = pods({
  min: [2, 4, 8],
  max: [2, 4, 8],
  cpu: [500, 1_000, 2_000],
  memory: [1_536, 2_560, 3_072],
  reason: 'a gate keeps 15 s of every broadcast, 32 MiB at most, and half the gates must carry all',
});

const packager = {
  ...pods({
    min: [3, 6, 12],
    max: [24, 110, 275],
    cpu: [3_500, 3_500, 3_500],
    memory: [2_048, 2_048, 2_048],
    reason: 'one broadcast per pod: top rung copied, lower rungs from one decode; maximum = broadcasts + headroom',
  }),
  headroom: whole('idle pods', [2, 6, 12], estimate, 'the next broadcasts start before a new pod could'),
} as const;

const livekit = {
  replicas: whole(
    'pods per region',
    [1, 3, 4],
    'product checklist',
    'one large instance at 1k; from 10k a cluster that shares rooms over Redis',
  ),
  cpuMillis: whole('mCPU requested per pod', 14_000, 'c7g.4xlarge', 'one pod per node, the rest is for the daemons'),
  memoryMiB: whole('MiB per pod, request and limit', 24_576, 'c7g.4xlarge', 'one pod per node'),
} as const;

const ingress = {
  replicas: whole('pods', [2, 3, 6], 'Amazon EKS Best Practices Guide', 'one per AZ from 10k'),
  cpuMillis: whole('mCPU requested per pod', [250, 500, 1_000], estimate, 'TLS to the load balancer and proxying'),
  memoryMiB: whole('MiB per pod, request and limit', [512, 1_024, 4_096], estimate, '20 KiB per open socket, twice'),
  separateChatController: yesNo(
    [false, true, true],
    'NGINX Ingress Controller reloads on endpoint changes',
    'a reload ends old WebSockets after a grace: chat and signalling get a controller that seldom reloads',
  ),
} as const;

export const workloads = {
  autoscaling,
  auth,
  stream,
  chat,
  analytics,
  web,
  ingest,
  packager,
  livekit,
  ingress,
} as const;
