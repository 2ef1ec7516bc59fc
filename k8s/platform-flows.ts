import { analyticsContract } from '../runtime/analytics/contract';
import { authContract } from '../runtime/auth/contract';
import { chatContract } from '../runtime/chat/contract';
import { ingestContract } from '../runtime/ingest/contract';
import { packagerContract } from '../runtime/packager/contract';
import type { ServiceContract } from '../runtime/shared/contract';
import { streamContract } from '../runtime/stream/contract';
import { webContract } from '../runtime/web/contract';
import { livekitPorts } from './charts/livekit-configuration';
import type { Flow, FlowPort } from './flows';
import type { HomeInputs, PlatformInputs } from './inputs';
import type { WorkloadName } from './names';

/** Amazon RDS, ElastiCache; inputs carry their addresses as tokens, so the ports stand here. */
const postgresPort = 5432;
const redisPort = 6379;

const smtpPorts = [465, 587];

/** Every connection that the platform's pods make or take in one cell. What is not here is denied. */
export function platformFlows(inputs: PlatformInputs): Flow[] {
  return inputs.role === 'home' ? [...homeFlows(inputs), ...mediaFlows(inputs)] : mediaFlows(inputs);
}

function homeFlows({ mongo }: HomeInputs): Flow[] {
  const documentStore = mongo.certificateAuthority === 'amazon-rds' ? 'vpc' : 'internet';
  return [
    ...[authContract, streamContract, chatContract, analyticsContract, webContract].flatMap(routed),
    ...(['stream', 'chat', 'analytics'] as const).map((from) => flow(from, 'auth', { tcp: authContract.port })),
    ...(['auth', 'chat', 'analytics'] as const).map((from) => flow(from, 'stream', { tcp: streamContract.port })),
    ...(['auth', 'stream', 'bootstrap'] as const).map((from) => flow(from, 'vpc', { tcp: postgresPort })),
    ...(['auth', 'stream', 'chat', 'analytics'] as const).map((from) => flow(from, 'vpc', { tcp: redisPort })),
    ...(['chat', 'analytics', 'bootstrap'] as const).map((from) => flow(from, documentStore, { tcp: mongo.port })),
    flow('auth', 'internet', ...smtpPorts.map((tcp) => ({ tcp }))),
    // S3, the other cells' LiveKit, channel owners' webhooks.
    flow('stream', 'internet', { tcp: 443 }),
    flow('stream', 'livekit', { tcp: livekitPorts.http }),
    flow('stream', 'pod-identity', { tcp: podIdentityPort }),
  ];
}

/** Amazon EKS User Guide, "EKS Pod Identity". */
const podIdentityPort = 80;

function mediaFlows({ role }: PlatformInputs): Flow[] {
  const toStream = (from: WorkloadName): Flow =>
    role === 'home' ? flow(from, 'stream', { tcp: streamContract.port }) : flow(from, 'internet', { tcp: 443 });
  return [
    ...routed(ingestContract),
    flow('internet', 'ingest', { tcp: rtmpPort }),
    flow('packager', 'ingest', { tcp: ingestContract.port }),
    flow('ingest', 'vpc', { tcp: redisPort }),
    toStream('ingest'),
    // WHIP, and RTMP broadcasts that are bridged into a room.
    flow('ingest', 'livekit', ...livekitMedia),
    managed('packager', packagerContract.managementPort),
    flow('operators', 'packager', { tcp: packagerContract.managementPort }),
    flow('packager', 'vpc', { tcp: redisPort }),
    toStream('packager'),
    // S3 or R2.
    flow('packager', 'internet', { tcp: 443 }),
    flow('packager', 'pod-identity', { tcp: podIdentityPort }),
    flow('packager', 'livekit', ...livekitMedia),
  ];
}

/** RTMP as the gate listens; the load balancer ends TLS before it. */
export const rtmpPort = 1935;

/** Signalling, then media over UDP or, where that fails, TCP. */
const livekitMedia: FlowPort[] = [
  { tcp: livekitPorts.http },
  { tcp: livekitPorts.rtcTcp },
  { udpFrom: livekitPorts.rtcUdpFrom, udpTo: livekitPorts.rtcUdpTo },
];

/** Public routes come from the Ingress controller, metrics are read by the agent on the node. */
function routed({ name, port, managementPort }: ServiceContract): Flow[] {
  return [flow('ingress-controller', name, { tcp: port }), managed(name, managementPort)];
}

function managed(to: WorkloadName, managementPort: number): Flow {
  return flow('metrics-agent', to, { tcp: managementPort });
}

function flow(from: Flow['from'], to: Flow['to'], ...ports: FlowPort[]): Flow {
  return { from, to, ports };
}
