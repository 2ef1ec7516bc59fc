import { Duration } from 'cdk8s';
import {
  ConfigMap,
  Deployment,
  DeploymentStrategy,
  DnsPolicy,
  EnvValue,
  k8s,
  LabelSelector,
  PercentOrAbsolute,
  Probe,
  Secret,
  Service,
  Topology,
  Volume,
} from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { stringify } from 'yaml';
import type { PlatformInputs } from '../inputs';
import { labelsOf, nameLabel, namespaces } from '../names';
import { patchPodTemplate, patchRevisionHistory, patchService } from '../patches';
import { containerProps, restrictedPod, secretMount, serviceAccount } from '../pod';
import { livekitRedis, livekitServerKeys } from '../secrets';
import { placeOn } from '../workload';
import { livekitConfiguration, livekitPorts } from './livekit-configuration';
import { PlatformChart } from './platform-chart';

const name = 'livekit';
const configDirectory = '/etc/livekit';
const metadata = { name, namespace: namespaces.media, labels: labelsOf(name) };

/** Rooms end by themselves or after this long: a pod that is told to stop takes no new ones and waits for the rest. */
const graceHours = 5;

/** vCPUs of the node that daemons leave, thousandths: the pod has the node to itself. */
const cpuLimitMillis = 16_000;

/**
 * LiveKit server, one pod per node on the node's own address, because media goes straight from node to viewer. A room
 * lives on one pod; the pods of a region find each other's rooms over Redis.
 *
 * The pod is restricted in everything but the host's network, which is why its namespace is privileged.
 */
export class LivekitChart extends PlatformChart {
  readonly service: Service;

  constructor(scope: Construct, inputs: PlatformInputs) {
    super(scope, name, 'services');
    new ConfigMap(this, 'config', {
      metadata,
      data: { 'livekit.yaml': stringify(livekitConfiguration(inputs), { lineWidth: 0 }) },
    });
    const pods = this.createPods(inputs);
    pods.select(LabelSelector.of({ labels: { [nameLabel]: name } }));
    placeOn(pods, 'media');
    // The ports of the host would keep two pods apart as well; the rule says so where a scheduler event shows it.
    pods.scheduling.separate(pods, { topology: Topology.HOSTNAME });
    patchPodTemplate(pods, { workload: name, template: '/spec/template', revisionLabel: 'pod-template-hash' });
    patchRevisionHistory(pods);
    this.service = this.createService();
    this.addDisruptionBudget();
  }

  private createPods({ images, figures, redis }: PlatformInputs): Deployment {
    const { livekit: size } = figures;
    const container = containerProps(this, {
      name,
      image: images.livekit,
      size,
      cpuLimitMillis,
      scratchMiB: 64,
      environment: {},
    });
    const config = ConfigMap.fromConfigMapName(this, 'config-name', name);
    const configVolume = Volume.fromConfigMap(this, 'config-volume', config, { name: 'config' });
    const redisPassword = Secret.fromSecretName(this, 'redis-secret', livekitRedis.name);
    return new Deployment(this, 'deployment', {
      metadata,
      podMetadata: { labels: labelsOf(name) },
      select: false,
      replicas: size.replicas,
      // A new pod wants a free node: the media node group has one more than LiveKit's pods.
      strategy: DeploymentStrategy.rollingUpdate({
        maxSurge: PercentOrAbsolute.absolute(1),
        maxUnavailable: PercentOrAbsolute.absolute(0),
      }),
      serviceAccount: serviceAccount(this, metadata),
      automountServiceAccountToken: false,
      securityContext: restrictedPod,
      hostNetwork: true,
      dns: { policy: DnsPolicy.CLUSTER_FIRST_WITH_HOST_NET },
      terminationGracePeriod: Duration.hours(graceHours),
      containers: [
        {
          ...container,
          args: ['--config', `${configDirectory}/livekit.yaml`],
          envVariables: {
            REDIS_HOST: EnvValue.fromValue(redis.livekit.address),
            // The one secret that is not read from a file: LiveKit takes it from the environment or its configuration.
            REDIS_PASSWORD: EnvValue.fromSecretValue({ secret: redisPassword, key: livekitRedis.file }),
          },
          volumeMounts: [
            ...(container.volumeMounts ?? []),
            { volume: configVolume, path: configDirectory, readOnly: true },
            secretMount(this, livekitServerKeys.name),
          ],
          ports: [
            { name: 'http', number: livekitPorts.http, hostPort: livekitPorts.http },
            { name: 'rtc-tcp', number: livekitPorts.rtcTcp, hostPort: livekitPorts.rtcTcp },
            { name: 'turn-tls', number: livekitPorts.turnTls, hostPort: livekitPorts.turnTls },
            { name: 'metrics', number: livekitPorts.metrics, hostPort: livekitPorts.metrics },
          ],
          ...livekitProbes,
        },
      ],
    });
  }

  private createService(): Service {
    const ports = { http: livekitPorts.http, 'turn-tls': livekitPorts.turnTls };
    const service = new Service(this, 'service', {
      metadata,
      ports: Object.entries(ports).map(([portName, port]) => ({ name: portName, port, targetPort: port })),
    });
    service.selectLabel(nameLabel, name);
    patchService(service);
    return service;
  }

  /** Also with one replica: it lets one pod go, so a drain is never blocked, only as slow as the rooms are long. */
  private addDisruptionBudget(): void {
    new k8s.KubePodDisruptionBudget(this, 'disruption', {
      metadata,
      spec: {
        maxUnavailable: k8s.IntOrString.fromNumber(1),
        selector: { matchLabels: { [nameLabel]: name } },
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });
  }
}

/**
 * `/` fails once node statistics are four seconds old, and those are refreshed through Redis: it may decide whether new
 * rooms come here, never whether the pod lives. A pod killed for Redis's sake would cut every room it holds.
 */
const livekitProbes = {
  startup: Probe.fromTcpSocket({ port: livekitPorts.http, periodSeconds: Duration.seconds(2), failureThreshold: 30 }),
  liveness: Probe.fromTcpSocket({ port: livekitPorts.http, periodSeconds: Duration.seconds(10), failureThreshold: 6 }),
  readiness: Probe.fromHttpGet('/', {
    port: livekitPorts.http,
    periodSeconds: Duration.seconds(5),
    timeoutSeconds: Duration.seconds(3),
    failureThreshold: 3,
  }),
};
