/** The parts of Kubernetes objects that the rules read. */

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Labels;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Spec;
  readonly rules?: readonly { readonly verbs?: readonly string[]; readonly resources?: readonly string[] }[];
}

export type Labels = Readonly<Record<string, string>>;
export interface Selector {
  readonly matchLabels?: Labels;
}

/** One shape for the specs of all kinds: a rule knows which kind it looks at. */
export interface Spec {
  readonly replicas?: number;
  readonly selector?: Selector;
  readonly template?: { readonly metadata?: { readonly labels?: Labels }; readonly spec?: PodSpec };
  readonly jobTemplate?: { readonly spec: Spec };
  readonly minAvailable?: number | string;
  readonly maxUnavailable?: number | string;
  readonly scaleTargetRef?: { readonly kind: string; readonly name: string };
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  readonly behavior?: object;
  readonly metrics?: readonly {
    readonly type: string;
    readonly resource?: { readonly name: string; readonly target: { readonly averageUtilization?: number } };
  }[];
  readonly minReplicaCount?: number;
  readonly maxReplicaCount?: number;
  readonly podSelector?: Selector;
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly object[];
  readonly egress?: readonly {
    readonly to?: readonly { readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] } }[];
  }[];
  readonly ports?: readonly ServicePort[];
  readonly externalIPs?: readonly string[];
  readonly type?: string;
  readonly tls?: readonly object[];
  readonly rules?: readonly IngressRule[];
  readonly limits?: { readonly cpu?: string | number };
  readonly cors?: { readonly allowOrigin?: readonly string[] };
}

export interface ServicePort {
  readonly port: number;
  readonly targetPort?: number | string;
}

export interface IngressRule {
  readonly host?: string;
  readonly http?: {
    readonly paths: readonly {
      readonly path?: string;
      readonly backend: { readonly service?: { readonly name: string; readonly port: { readonly number?: number } } };
    }[];
  };
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly automountServiceAccountToken?: boolean;
  readonly serviceAccountName?: string;
  readonly hostNetwork?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly nodeSelector?: Labels;
  readonly tolerations?: readonly { readonly key?: string; readonly value?: string }[];
  readonly securityContext?: SecurityContext;
  readonly volumes?: readonly { readonly name: string; readonly emptyDir?: object }[];
  readonly topologySpreadConstraints?: readonly {
    readonly topologyKey: string;
    readonly whenUnsatisfiable: string;
    readonly matchLabelKeys?: readonly string[];
  }[];
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms: readonly {
          readonly matchExpressions?: readonly { readonly key: string; readonly values?: readonly string[] }[];
        }[];
      };
    };
    readonly podAntiAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly { readonly topologyKey: string }[];
    };
  };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly containerPort: number; readonly name?: string }[];
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string | number>>;
    readonly limits?: Readonly<Record<string, string | number>>;
  };
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } };
  readonly securityContext?: SecurityContext;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface Probe {
  readonly httpGet?: { readonly path?: string };
  readonly tcpSocket?: object;
}

export interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  readonly seccompProfile?: { readonly type: string };
}

/** An object that makes pods. */
export interface Workload {
  readonly object: KubernetesObject;
  readonly where: string;
  readonly pod: PodSpec;
  readonly podLabels: Labels;
  /** Whether its pods are meant to run for ever. */
  readonly longRunning: boolean;
  readonly replicas: number | undefined;
}

const longRunningKinds = ['Deployment', 'StatefulSet', 'DaemonSet'];

export const whereOf = ({ kind, metadata }: KubernetesObject): string =>
  [kind, metadata.namespace, metadata.name].filter(Boolean).join('/');

export function workloads(objects: readonly KubernetesObject[]): Workload[] {
  return objects.flatMap((object) => {
    const template = object.spec?.template ?? object.spec?.jobTemplate?.spec.template;
    if (!template?.spec?.containers) return [];
    return [
      {
        object,
        where: whereOf(object),
        pod: template.spec,
        podLabels: template.metadata?.labels ?? {},
        longRunning: longRunningKinds.includes(object.kind),
        replicas: object.spec?.replicas,
      },
    ];
  });
}

export function ofKind(objects: readonly KubernetesObject[], ...kinds: readonly string[]): KubernetesObject[] {
  return objects.filter(({ kind }) => kinds.includes(kind));
}

export const containersOf = ({ containers, initContainers = [] }: PodSpec): Container[] => [
  ...initContainers,
  ...containers,
];

/** Whether a selector picks pods with these labels. */
export function selects(selector: Selector | undefined, labels: Labels): boolean {
  const wanted = Object.entries(selector?.matchLabels ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/** What scales a workload: a HorizontalPodAutoscaler, or KEDA's ScaledObject, which makes one. */
export interface Autoscaler {
  readonly object: KubernetesObject;
  readonly min: number;
  readonly max: number;
}

export function autoscalerOf(objects: readonly KubernetesObject[], { object }: Workload): Autoscaler | undefined {
  const scaler = ofKind(objects, 'HorizontalPodAutoscaler', 'ScaledObject').find(
    ({ spec, metadata }) =>
      spec?.scaleTargetRef?.name === object.metadata.name && metadata.namespace === object.metadata.namespace,
  );
  if (!scaler?.spec) return undefined;
  const { minReplicas, maxReplicas, minReplicaCount, maxReplicaCount } = scaler.spec;
  return { object: scaler, min: minReplicas ?? minReplicaCount ?? 0, max: maxReplicas ?? maxReplicaCount ?? 0 };
}

const binaryUnits: Readonly<Record<string, number>> = {
  '': 1,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  k: 1e3,
  M: 1e6,
  G: 1e9,
};

/** CPU in thousandths of a vCPU. */
export function cpuMillis(quantity: string | number): number {
  const text = String(quantity);
  return text.endsWith('m') ? Number(text.slice(0, -1)) : Number(text) * 1_000;
}

/** Memory in bytes. */
export function memoryBytes(quantity: string | number): number {
  const [, amount = 'NaN', unit = ''] = /^([\d.]+)([A-Za-z]*)$/.exec(String(quantity)) ?? [];
  return Number(amount) * (binaryUnits[unit] ?? Number.NaN);
}
