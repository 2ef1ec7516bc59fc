import type { Construct } from 'constructs';
import { packagerContract } from '../../runtime/packager/contract';
import { probes } from '../../runtime/shared/contract';
import * as environment from '../environment';
import { podName } from '../environment-values';
import type { Flow } from '../flows';
import type { PlatformInputs, TierFigures } from '../inputs';
import { labelsOf, namespaces } from '../names';
import { ScaledObject } from '../resources/scaled-object';
import { ServiceWorkload } from '../workload';
import { PlatformChart } from './platform-chart';

/** Broadcasts per pod: a pod is sized for one ladder, and its loss is the loss of one. */
const slots = 1;
/** Recordings are made beside broadcasts, in what CPU these leave. */
const recordingSlots = 1;
/** A worker hands its broadcast over by lease within seconds; a recording that is cut is made again elsewhere. */
const drainSeconds = 60;
/** Segments waiting for upload and the recording being made. */
const scratchMiB = 8_192;
/** Below the mount: the packager empties its directory by removing it. */
const workDirectory = '/tmp/packager';

/** Gauge that every packager serves: broadcasts it holds the lease of. */
const broadcastsMetric = 'headend_packager_slots{state="used"}';

/**
 * Packagers on Spot worker nodes; where Spot has none, on the workers' On-Demand floor. Their number follows the
 * broadcasts in progress, with the tier's headroom of idle ones.
 */
export class PackagerChart extends PlatformChart {
  readonly workload: ServiceWorkload<typeof packagerContract>;

  constructor(scope: Construct, inputs: PlatformInputs, flows: readonly Flow[]) {
    super(scope, 'packager', 'services');
    const { packager } = inputs.figures;
    this.workload = new ServiceWorkload(this, 'packager', {
      contract: packagerContract,
      image: inputs.images.packager,
      figures: packager,
      autoscaling: { kind: 'own' },
      pool: 'worker',
      drainSeconds,
      scratchMiB,
      flows,
      vpcCidr: inputs.network.vpcCidr,
      environment: {
        ...environment.base(inputs),
        ...environment.identity('serviceKeyPackager'),
        ...environment.redis(inputs),
        ...environment.storage(inputs),
        ...environment.livekit(),
        STREAM_URL: environment.streamUrl(inputs),
        PACKAGER_ID: podName,
        SLOTS: String(slots),
        RECORDING_SLOTS: String(recordingSlots),
        FFMPEG_PATH: undefined,
        WORK_DIR: workDirectory,
        SPOOL_SECONDS: undefined,
        MAX_RENDITIONS: undefined,
      },
    });
    this.scaleOnBroadcasts(packager);
  }

  private scaleOnBroadcasts({ minReplicas, maxReplicas, headroom }: TierFigures['packager']): void {
    const { name, managementPort } = packagerContract;
    new ScaledObject(this, 'autoscaler', {
      metadata: { name, namespace: namespaces.platform, labels: labelsOf(name) },
      spec: {
        scaleTargetRef: { name },
        minReplicaCount: minReplicas,
        maxReplicaCount: maxReplicas,
        pollingInterval: 10,
        triggers: [
          {
            type: 'metrics-api',
            name: 'broadcasts',
            metadata: {
              url: `${environment.serviceUrl(name, managementPort)}${probes.metrics}`,
              format: 'prometheus',
              valueLocation: broadcastsMetric,
              targetValue: String(slots),
              aggregateFromKubeServiceEndpoints: 'true',
              aggregationType: 'sum',
            },
          },
        ],
        advanced: {
          scalingModifiers: { formula: `broadcasts + ${headroom}`, target: String(slots), metricType: 'AverageValue' },
          horizontalPodAutoscalerConfig: { behavior },
        },
        // Blind, it never takes a packager away.
        fallback: { failureThreshold: 3, replicas: maxReplicas, behavior: 'currentReplicasIfHigher' },
      },
    });
  }
}

/** Broadcasts begin together at the full hour; a packager that is taken away may hold one, so they go slowly. */
const behavior = {
  scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 100, periodSeconds: 30 }] },
  scaleDown: { stabilizationWindowSeconds: 900, policies: [{ type: 'Pods', value: 1, periodSeconds: 120 }] },
} as const;
