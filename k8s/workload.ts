import { Duration } from 'cdk8s';
import {
  Deployment,
  DeploymentStrategy,
  HorizontalPodAutoscaler,
  type IScalable,
  type IServiceAccount,
  k8s,
  LabelSelector,
  Metric,
  MetricTarget,
  Node,
  NodeLabelQuery,
  NodeTaintQuery,
  PercentOrAbsolute,
  PodManagementPolicy,
  Probe,
  Replicas,
  Service,
  StatefulSet,
  TaintEffect,
  type Workload,
  type WorkloadProps,
} from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { probes, type ServiceContract } from '../runtime/shared/contract';
import type { EnvironmentOf, EnvironmentValue } from './environment-values';
import { type Flow, WorkloadNetworkPolicy } from './flows';
import { type NodePool, nodeContract, type PodFigures } from './inputs';
import { labelsOf, nameLabel, namespaces } from './names';
import { patchGoverningService, patchPodTemplate, patchRevisionHistory, patchService } from './patches';
import { containerProps, restrictedPod, serviceAccount } from './pod';

export type Autoscaling =
  /** CPU use, percent of the request; none where the figures leave no range. */
  | { readonly kind: 'cpu'; readonly targetPercent: number }
  /** An autoscaler that the chart brings besides. */
  | { readonly kind: 'own' };

export interface ServiceWorkloadProps<C extends ServiceContract> {
  readonly contract: C;
  readonly image: string;
  readonly figures: PodFigures;
  readonly environment: EnvironmentOf<C>;
  /** Everything that may be reached from and by these pods. */
  readonly flows: readonly Flow[];
  readonly vpcCidr: string;
  /** What moves the number of pods between the figures' minimum and maximum. @default - nothing: the minimum runs */
  readonly autoscaling?: Autoscaling;
  /** `sharded`: pods with stable names, each behind a Service of its own besides the common one. @default 'stateless' */
  readonly kind?: 'stateless' | 'sharded';
  /** @default 'app' */
  readonly pool?: Extract<NodePool, 'app' | 'worker'>;
  /** Seconds that open work may take after SIGTERM. @default 20 */
  readonly drainSeconds?: number;
  /** Room for temporary files, MiB. @default 64 */
  readonly scratchMiB?: number;
  /** Ports besides the contract's, by name. */
  readonly extraPorts?: Readonly<Record<string, number>>;
}

/** Load balancers and the Ingress controller have forgotten the pod by then. */
const preStopSeconds = 10;
/** What the process may need after its drain, until it is killed. */
const marginSeconds = 10;

/**
 * A service of ours in the cluster: Deployment (or StatefulSet) with Service, autoscaler, disruption budget, network
 * policy and ServiceAccount, all from its contract. Selectors, names and labels depend on the contract's name alone.
 */
export class ServiceWorkload<C extends ServiceContract> extends Construct {
  readonly service: Service;
  /** One per ordinal of a sharded workload, up to its maximum; empty otherwise. */
  readonly shardServices: readonly Service[];

  constructor(scope: Construct, id: string, props: ServiceWorkloadProps<C>) {
    super(scope, id);
    const { contract, figures, kind = 'stateless' } = props;
    const sharded = kind === 'sharded';
    const account = serviceAccount(this, metadataOf(contract.name));
    this.service = this.createService(props);
    const pods = this.createPods(props, account);
    pods.select(LabelSelector.of({ labels: selectorOf(contract.name) }));
    placeOn(pods, props.pool ?? 'app');
    patchPodTemplate(pods, {
      workload: contract.name,
      template: '/spec/template',
      preStopSeconds,
      revisionLabel: sharded ? 'controller-revision-hash' : 'pod-template-hash',
    });
    patchRevisionHistory(pods);
    const autoscaling = autoscalingOf(props);
    if (autoscaling?.kind === 'own') pods.markHasAutoscaler();
    if (autoscaling?.kind === 'cpu') this.scaleOnCpu(pods, contract.name, figures, autoscaling.targetPercent);
    this.limitDisruption(contract.name);
    this.shardServices = sharded ? this.createShardServices(props) : [];
    new WorkloadNetworkPolicy(this, 'network', {
      workload: contract.name,
      flows: props.flows,
      vpcCidr: props.vpcCidr,
    });
  }

  private createPods(props: ServiceWorkloadProps<C>, account: IServiceAccount): Workload & IScalable {
    const { contract, figures, drainSeconds = 20 } = props;
    const common = {
      metadata: metadataOf(contract.name),
      podMetadata: { labels: labelsOf(contract.name) },
      select: false,
      // An autoscaler's number must not be put back by the next deployment.
      ...(!autoscalingOf(props) && { replicas: figures.minReplicas }),
      serviceAccount: account,
      automountServiceAccountToken: false,
      securityContext: restrictedPod,
      terminationGracePeriod: Duration.seconds(preStopSeconds + drainSeconds + marginSeconds),
      containers: [
        {
          ...containerProps(this, {
            name: contract.name,
            image: props.image,
            size: figures,
            scratchMiB: props.scratchMiB ?? 64,
            environment: {
              PORT: String(contract.port),
              MANAGEMENT_PORT: String(contract.managementPort),
              BIND_ADDRESS: '0.0.0.0',
              DRAIN_SECONDS: String(drainSeconds),
              ...(props.environment as Readonly<Record<string, EnvironmentValue | undefined>>),
            },
          }),
          ports: portsOf(props).map(([name, number]) => ({ name, number })),
          ...probesOf(contract.managementPort),
        },
      ],
    } satisfies WorkloadProps;
    if (props.kind !== 'sharded') return new Deployment(this, 'deployment', { ...common, strategy: replaceOneByOne });
    return new StatefulSet(this, 'shards', {
      ...common,
      service: this.headlessService(contract),
      podManagementPolicy: PodManagementPolicy.PARALLEL,
    });
  }

  /** The governing Service that gives shards their names in DNS. */
  private headlessService({ name, port }: C): Service {
    const service = new Service(this, 'headless', {
      metadata: { ...metadataOf(name), name: `${name}-shards` },
      clusterIP: 'None',
      ports: [{ name: 'http', port, targetPort: port }],
    });
    selectPods(service, selectorOf(name));
    patchGoverningService(service);
    return service;
  }

  private createService(props: ServiceWorkloadProps<C>): Service {
    const service = new Service(this, 'service', {
      metadata: metadataOf(props.contract.name),
      // The VPC CNI's network policies need the Service port to equal the container port.
      ports: portsOf(props).map(([portName, port]) => ({ name: portName, port, targetPort: port })),
    });
    selectPods(service, selectorOf(props.contract.name));
    patchService(service);
    return service;
  }

  /** One per ordinal up to the maximum, whether or not its pod runs: scaling never changes the Ingress. */
  private createShardServices({ contract, figures }: ServiceWorkloadProps<C>): Service[] {
    return Array.from({ length: figures.maxReplicas }, (_, ordinal) => {
      const name = shardName(contract.name, ordinal);
      const service = new Service(this, `shard-${ordinal}`, {
        metadata: { ...metadataOf(contract.name), name },
        ports: [{ name: 'http', port: contract.port, targetPort: contract.port }],
      });
      selectPods(service, { ...selectorOf(contract.name), 'statefulset.kubernetes.io/pod-name': name });
      patchService(service);
      return service;
    });
  }

  private scaleOnCpu(target: IScalable, name: string, { minReplicas, maxReplicas }: PodFigures, percent: number): void {
    new HorizontalPodAutoscaler(this, 'autoscaler', {
      metadata: metadataOf(name),
      target,
      minReplicas,
      maxReplicas,
      metrics: [Metric.resourceCpu(MetricTarget.averageUtilization(percent))],
      // A start of show doubles the load within a minute; what was added may wait before it is taken away.
      scaleUp: {
        stabilizationWindow: Duration.seconds(0),
        policies: [{ replicas: Replicas.percent(100), duration: Duration.seconds(30) }],
      },
      scaleDown: {
        stabilizationWindow: Duration.minutes(10),
        policies: [{ replicas: Replicas.absolute(1), duration: Duration.minutes(2) }],
      },
    });
  }

  private limitDisruption(name: string): void {
    new k8s.KubePodDisruptionBudget(this, 'disruption', {
      metadata: metadataOf(name),
      spec: {
        maxUnavailable: k8s.IntOrString.fromNumber(1),
        selector: { matchLabels: selectorOf(name) },
        // A pod that never becomes ready must not hold a node for ever.
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });
  }
}

function autoscalingOf<C extends ServiceContract>({ figures, autoscaling }: ServiceWorkloadProps<C>) {
  const hasRange = figures.maxReplicas > figures.minReplicas;
  return autoscaling?.kind === 'cpu' && !hasRange ? undefined : autoscaling;
}

export function shardName(workload: string, ordinal: number): string {
  return `${workload}-${ordinal}`;
}

const selectorOf = (name: string) => ({ [nameLabel]: name });

const metadataOf = (name: string) => ({ name, namespace: namespaces.platform, labels: labelsOf(name) });

/** New before old: capacity never falls below what is asked for. */
const replaceOneByOne = DeploymentStrategy.rollingUpdate({
  maxSurge: PercentOrAbsolute.percent(25),
  maxUnavailable: PercentOrAbsolute.absolute(0),
});

function portsOf<C extends ServiceContract>({
  contract,
  extraPorts = {},
}: ServiceWorkloadProps<C>): [string, number][] {
  return [['http', contract.port], ['management', contract.managementPort], ...Object.entries(extraPorts)];
}

/** Three distinct questions: has it begun, is its event loop alive, are its dependencies there. */
function probesOf(port: number) {
  return {
    startup: Probe.fromHttpGet(probes.startup, { port, periodSeconds: Duration.seconds(2), failureThreshold: 30 }),
    liveness: Probe.fromHttpGet(probes.live, {
      port,
      periodSeconds: Duration.seconds(10),
      timeoutSeconds: Duration.seconds(5),
      failureThreshold: 3,
    }),
    readiness: Probe.fromHttpGet(probes.ready, {
      port,
      periodSeconds: Duration.seconds(5),
      timeoutSeconds: Duration.seconds(3),
      failureThreshold: 2,
    }),
  };
}

function selectPods(service: Service, labels: Record<string, string>): void {
  for (const [key, value] of Object.entries(labels)) service.selectLabel(key, value);
}

/** Nodes of one pool; tainted pools want a toleration besides. */
export function placeOn(pods: Workload, pool: NodePool): void {
  pods.scheduling.attract(Node.labeled(NodeLabelQuery.is(nodeContract.pool, pool)));
  if (nodeContract.taintedPools.some((tainted) => tainted === pool)) {
    const taint = NodeTaintQuery.is(nodeContract.pool, pool, { effect: TaintEffect.NO_SCHEDULE });
    pods.scheduling.tolerate(Node.tainted(taint));
  }
}
