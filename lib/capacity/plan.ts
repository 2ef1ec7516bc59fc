import { segmentSeconds } from '../../runtime/shared/media-layout';
import type { RegionName } from '../../runtime/shared/regions';
import type { Config } from '../config/config';
import { instanceTypes, isInstanceType } from '../config/instance-types';
import type { Tier } from '../config/tiers';
import { type DeliveryLoad, deliveryLoad, viewersForByteOffload, watchedRenditions } from './delivery';
import { checkQuota, type QuotaCheck } from './quotas';

/** One step from audience to machines: what is needed, what the tier has. */
export interface Step {
  readonly what: string;
  readonly needed: number;
  readonly available: number;
  readonly unit: string;
  /** How `needed` was reached. */
  readonly because: string;
}

export interface RegionPlan {
  readonly region: RegionName;
  readonly role: 'home' | 'ingest';
  readonly steps: readonly Step[];
}

export interface CapacityPlan {
  readonly delivery: DeliveryLoad;
  /** Viewers one stream needs before 99 % of its bytes come from caches. */
  readonly viewersFor99PercentOffload: number;
  readonly regions: readonly RegionPlan[];
  readonly quotas: readonly QuotaCheck[];
}

export const sufficient = ({ needed, available }: Step): boolean => needed <= available;

/** Chat sockets one pod holds (figure of the tier table's chat row). */
const socketsPerChatPod = 2_500;
/** Instances under 32 vCPUs send this much to the internet (Amazon EC2 User Guide, "Network bandwidth"). */
const internetGbpsPerMediaNode = 5;
/** S3 takes this many writes per second and prefix; a stream is a prefix (Amazon S3 User Guide, "Performance"). */
const s3WritesPerSecondAndPrefix = 3_500;
/** Segment, sliding playlist and event playlist. */
const writesPerSegment = 3;
const packagersPerWorkerNode = 2;

/** Viewers → bitrate → bandwidth → nodes → quotas, for everything a config deploys. */
export function capacityPlan({ tier, fleet, home, delivery }: Config): CapacityPlan {
  const { audience } = tier;
  const load = deliveryLoad({
    viewers: audience.viewers,
    streams: audience.broadcasts,
    bitrateKbps: audience.averageBitrateKbps,
  });
  return {
    delivery: load,
    viewersFor99PercentOffload: viewersForByteOffload(0.99),
    regions: fleet.map((region) => ({
      region,
      role: region === home ? 'home' : 'ingest',
      steps: [...mediaSteps(tier), ...(region === home ? homeSteps(tier) : [])],
    })),
    quotas: [
      ...(delivery.cdn === 'cloudfront'
        ? [
            checkQuota('edgeBandwidth', load.gigabitsPerSecond),
            checkQuota('edgeRequests', load.viewerRequestsPerSecond),
          ]
        : []),
      ...fleet.flatMap((region) => regionQuotas(tier, region)),
    ],
  };
}

function mediaSteps(tier: Tier): Step[] {
  const { audience, packager, workerNodes, karpenter, mediaNodes, livekit } = tier;
  const broadcasts = audience.broadcastsPerRegion;
  const webrtcGbps = (audience.webrtcViewersPerRegion * audience.averageBitrateKbps) / 1_000_000;
  const workers = workerNodes.max + (karpenter.enabled ? Math.floor(karpenter.workerVcpus / workerVcpus(tier)) : 0);
  return [
    {
      what: 'packagers',
      needed: broadcasts + packager.headroom,
      available: packager.maxReplicas,
      unit: 'pods',
      because: `${broadcasts} broadcasts, one pod each, and ${packager.headroom} idle for the next`,
    },
    {
      what: 'worker nodes',
      needed: Math.ceil(packager.maxReplicas / packagersPerWorkerNode),
      available: workers,
      unit: 'nodes',
      because: `${packager.maxReplicas} packagers at most, ${packagersPerWorkerNode} per node`,
    },
    {
      what: 'WebRTC bandwidth',
      needed: webrtcGbps,
      available: livekit.replicas * internetGbpsPerMediaNode,
      unit: 'Gbit/s',
      because: `${audience.webrtcViewersPerRegion} viewers at ${audience.averageBitrateKbps} kbit/s, ${internetGbpsPerMediaNode} Gbit/s per node`,
    },
    {
      what: 'media nodes',
      needed: livekit.replicas,
      available: mediaNodes.max,
      unit: 'nodes',
      because: 'one LiveKit pod per node',
    },
    {
      what: 'S3 writes of one stream',
      needed: (watchedRenditions * writesPerSegment) / segmentSeconds,
      available: s3WritesPerSecondAndPrefix,
      unit: 'requests/s',
      because: `${watchedRenditions} renditions, a segment and two playlists every ${segmentSeconds} s; streams are prefixes of their own`,
    },
  ];
}

function homeSteps({ audience, chat }: Tier): Step[] {
  return [
    {
      what: 'chat pods',
      needed: Math.ceil(audience.chatSockets / socketsPerChatPod),
      available: chat.maxReplicas,
      unit: 'pods',
      because: `${audience.chatSockets} sockets, ${socketsPerChatPod} per pod`,
    },
  ];
}

function workerVcpus({ workerNodes }: Tier): number {
  const [type = ''] = workerNodes.types;
  return isInstanceType(type) ? instanceTypes[type].vcpus : Number.NaN;
}

interface NodeGroupFigures {
  readonly types: readonly string[];
  readonly max: number;
}

const vcpusOf = ({ types: [type = ''], max }: NodeGroupFigures) =>
  isInstanceType(type) ? instanceTypes[type].vcpus * max : Number.NaN;

/** At the maximum of every group: a quota that is found on the day of the event is found too late. */
function regionQuotas(tier: Tier, region: RegionName): QuotaCheck[] {
  const { systemNodes, appNodes, mediaNodes, workerNodes, karpenter, network } = tier;
  const floor = vcpusOf({ types: workerNodes.types, max: workerNodes.onDemandFloor });
  const onDemand = [systemNodes, appNodes, mediaNodes].map(vcpusOf).reduce((sum, vcpus) => sum + vcpus, floor);
  const extra = karpenter.enabled ? karpenter : { appVcpus: 0, workerVcpus: 0 };
  return [
    checkQuota('onDemandVcpus', onDemand + extra.appVcpus, region),
    checkQuota('spotVcpus', vcpusOf(workerNodes) + extra.workerVcpus, region),
    checkQuota('elasticIps', network.natGateways, region),
  ];
}
