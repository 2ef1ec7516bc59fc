import { probes } from '../../../runtime/shared/contract';
import { autoscalerOf, containersOf, ofKind, selects, type Workload, workloads } from '../kubernetes';
import { defineRule, type Finding } from '../rule';
import type { Subject } from '../subject';

/** Runs a check on every pod template. */
function onPods(check: (workload: Workload, subject: Subject) => readonly string[]): (subject: Subject) => Finding[] {
  return (subject) =>
    workloads(subject.objects).flatMap((workload) =>
      check(workload, subject).map((detail) => ({ where: workload.where, detail })),
    );
}

export const podResources = defineRule({
  id: 'H01-pod-resources',
  reason:
    'without requests the scheduler overfills a node; with memory above its request a pod is the first to be killed',
  fix: 'give every container CPU and memory requests, and a memory limit equal to its request',
  check: onPods(({ pod }) =>
    containersOf(pod).flatMap(({ name, resources }) => {
      const { requests = {}, limits = {} } = resources ?? {};
      if (requests.cpu === undefined) return [`container ${name} requests no CPU`];
      if (requests.memory === undefined) return [`container ${name} requests no memory`];
      if (limits.memory !== requests.memory) {
        return [`container ${name} has memory limit ${limits.memory ?? 'none'}, request ${requests.memory}`];
      }
      return [];
    }),
  ),
});

export const threeProbes = defineRule({
  id: 'H02-probes',
  reason: 'a liveness probe that asks what readiness asks restarts every pod when a database is down',
  fix: `give long-running containers startup, readiness and liveness probes; liveness asks ${probes.live} only`,
  check: onPods(({ pod, longRunning }) => {
    if (!longRunning) return [];
    return pod.containers.flatMap(({ name, startupProbe, readinessProbe, livenessProbe }) => {
      const missing = Object.entries({ startupProbe, readinessProbe, livenessProbe }).filter(([, probe]) => !probe);
      if (missing.length > 0) return missing.map(([probe]) => `container ${name} has no ${probe}`);
      const live = livenessProbe?.httpGet?.path;
      const ready = readinessProbe?.httpGet?.path;
      if (live !== undefined && live === ready) return [`container ${name}: liveness and readiness both ask ${live}`];
      if (live === probes.ready) return [`container ${name}: liveness asks ${live}, which depends on other servers`];
      return [];
    });
  }),
});

const scaledOnCpu = ['auth', 'chat'];
const cpuTargetPercent = 70;

export const replicas = defineRule({
  id: 'H03-replicas',
  reason: 'one pod is an outage whenever its node goes; replicas beside an autoscaler fight it at every deployment',
  fix: 'run two or more; leave `replicas` out where an autoscaler targets; give it a minimum of two, a behaviour and CPU 70 %',
  check: onPods((workload, { objects }) => {
    const { object, longRunning } = workload;
    if (!longRunning || object.kind === 'DaemonSet') return [];
    const scaler = autoscalerOf(objects, workload);
    if (!scaler) return (workload.replicas ?? 1) < 2 ? [`runs ${workload.replicas ?? 1} replica`] : [];
    const cpu = scaler.object.spec?.metrics?.find(({ resource }) => resource?.name === 'cpu')?.resource?.target;
    return [
      workload.replicas === undefined ? '' : `sets replicas ${workload.replicas} beside ${scaler.object.kind}`,
      scaler.min < 2 ? `its autoscaler may go down to ${scaler.min}` : '',
      scaler.max < scaler.min ? `its autoscaler's maximum ${scaler.max} is under its minimum ${scaler.min}` : '',
      scaler.object.kind === 'HorizontalPodAutoscaler' && !scaler.object.spec?.behavior
        ? 'its autoscaler has no behaviour: it would scale in at once'
        : '',
      scaledOnCpu.includes(object.metadata.name) && cpu?.averageUtilization !== cpuTargetPercent
        ? `scales at CPU ${cpu?.averageUtilization ?? 'none'}, not ${cpuTargetPercent} %`
        : '',
    ].filter(Boolean);
  }),
});

export const disruptionBudgets = defineRule({
  id: 'H04-disruption-budgets',
  reason: 'without a budget a node upgrade may take every pod at once; with one that allows nothing it never ends',
  fix: 'give each replicated workload one PodDisruptionBudget that allows at least one pod to go at its minimum',
  check: onPods((workload, { objects }) => {
    const { object, longRunning, podLabels } = workload;
    const least = autoscalerOf(objects, workload)?.min ?? workload.replicas ?? 1;
    if (!longRunning || object.kind === 'DaemonSet' || least < 2) return [];
    const budgets = ofKind(objects, 'PodDisruptionBudget').filter(
      ({ spec, metadata }) => metadata.namespace === object.metadata.namespace && selects(spec?.selector, podLabels),
    );
    if (budgets.length !== 1) return [`is covered by ${budgets.length} disruption budgets`];
    const { minAvailable, maxUnavailable } = budgets[0]?.spec ?? {};
    const allowed = allowedDisruptions(least, minAvailable, maxUnavailable);
    return allowed < 1 ? [`its budget allows ${allowed} disruptions at ${least} replicas`] : [];
  }),
});

/** As the disruption controller rounds: both percentages up (Kubernetes documentation, "Specifying a disruption budget"). */
function allowedDisruptions(pods: number, minAvailable?: number | string, maxUnavailable?: number | string): number {
  const amount = (value: number | string) =>
    typeof value === 'number' ? value : Math.ceil((Number.parseFloat(value) / 100) * pods);
  if (maxUnavailable !== undefined) return amount(maxUnavailable);
  return minAvailable === undefined ? 0 : pods - amount(minAvailable);
}

const zone = 'topology.kubernetes.io/zone';
const host = 'kubernetes.io/hostname';

export const topologySpread = defineRule({
  id: 'H05-topology-spread',
  reason: 'pods that share a zone or a node fall together; a hard zone rule leaves an autoscaler stuck at three',
  fix: 'spread softly over zone and host with matchLabelKeys of the revision; never require zone anti-affinity',
  check: onPods(({ object, pod, longRunning }) => {
    if (!longRunning || object.kind === 'DaemonSet') return [];
    const constraints = pod.topologySpreadConstraints ?? [];
    const keys = constraints.map(({ topologyKey }) => topologyKey);
    const hardAntiAffinity = pod.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    return [
      keys.includes(zone) ? '' : 'is not spread over zones',
      keys.includes(host) || hardAntiAffinity.some(({ topologyKey }) => topologyKey === host) || pod.hostNetwork
        ? ''
        : 'is not spread over hosts',
      constraints.some(
        ({ topologyKey, whenUnsatisfiable }) => topologyKey === zone && whenUnsatisfiable === 'DoNotSchedule',
      )
        ? 'must be spread over zones: pods wait while a zone is gone'
        : '',
      constraints.every(({ matchLabelKeys = [] }) => matchLabelKeys.length > 0)
        ? ''
        : 'counts pods of the old revision during a rollout',
      hardAntiAffinity.some(({ topologyKey }) => topologyKey === zone) ? 'allows one pod per zone' : '',
    ].filter(Boolean);
  }),
});

const lowestUserId = 10_000;

export const podSecurity = defineRule({
  id: 'H06-pod-security',
  reason: 'a process that gets out of its code must find no root, no capability and nothing to write to',
  fix: 'run as a numeric user of 10000 or more, with seccomp RuntimeDefault, no capability and a read-only root file system',
  check: onPods(({ pod }) => {
    const ofPod = pod.securityContext ?? {};
    return [
      pod.hostNetwork ? "uses the host's network" : '',
      ...containersOf(pod).flatMap(({ name, securityContext: own = {} }) => {
        const user = own.runAsUser ?? ofPod.runAsUser ?? 0;
        const seccomp = own.seccompProfile ?? ofPod.seccompProfile;
        return [
          (own.runAsNonRoot ?? ofPod.runAsNonRoot) ? '' : `container ${name} may run as root`,
          user >= lowestUserId ? '' : `container ${name} runs as user ${user}`,
          seccomp?.type === 'RuntimeDefault' ? '' : `container ${name} has seccomp ${seccomp?.type ?? 'unset'}`,
          own.capabilities?.drop?.includes('ALL') ? '' : `container ${name} keeps capabilities`,
          own.capabilities?.add?.length ? `container ${name} adds ${own.capabilities.add.join(', ')}` : '',
          own.allowPrivilegeEscalation === false ? '' : `container ${name} may gain privileges`,
          own.readOnlyRootFilesystem ? '' : `container ${name} may write to its root file system`,
          own.privileged ? `container ${name} is privileged` : '',
        ];
      }),
    ].filter(Boolean);
  }),
});

export const serviceAccounts = defineRule({
  id: 'H07-service-accounts',
  reason: 'a token in a pod is a key to the API server; a shared account gives each what one of them needs',
  fix: 'give every workload an account of its own without a token, no wildcard in roles, and a level to each namespace',
  check: (subject) => [
    ...onPods(({ pod, object }) =>
      [
        pod.automountServiceAccountToken === false ? '' : 'mounts a service account token',
        pod.serviceAccountName && pod.serviceAccountName !== 'default' ? '' : 'runs as the default service account',
        workloads(subject.objects).some(
          (other) =>
            other.object !== object &&
            other.object.metadata.namespace === object.metadata.namespace &&
            other.pod.serviceAccountName === pod.serviceAccountName,
        )
          ? `shares service account ${pod.serviceAccountName}`
          : '',
      ].filter(Boolean),
    )(subject),
    ...ofKind(subject.objects, 'Role', 'ClusterRole')
      .filter(({ rules = [] }) =>
        rules.some(({ verbs = [], resources = [] }) => [...verbs, ...resources].includes('*')),
      )
      .map(({ kind, metadata }) => ({ where: `${kind}/${metadata.name}`, detail: 'grants a wildcard' })),
    ...ofKind(subject.objects, 'Namespace')
      .filter(({ metadata }) => !metadata.labels?.['pod-security.kubernetes.io/enforce'])
      .map(({ metadata }) => ({ where: `Namespace/${metadata.name}`, detail: 'enforces no Pod Security level' })),
  ],
});

/** A digest, or the content hash that CDK tags its image assets with. */
const immutableImage = /@sha256:[0-9a-f]{64}$|:[0-9a-f]{64}$/;

export const images = defineRule({
  id: 'H09-images',
  reason: 'a tag that can move runs other code after a restart than was tested',
  fix: 'name the image by digest, or by the content hash of its asset',
  check: onPods(({ pod }) =>
    containersOf(pod)
      .filter(({ image }) => !immutableImage.test(image))
      .map(({ name, image }) => `container ${name} runs ${image}`),
  ),
});

/** Rooms that are live when the order to stop comes (LiveKit documentation, "Kubernetes"). */
const livekitGraceSeconds = 18_000;

export const termination = defineRule({
  id: 'H10-termination',
  reason: 'a pod killed before it has drained cuts sockets, rooms and broadcasts that were to move elsewhere',
  fix: 'make the grace period longer than the preStop wait and DRAIN_SECONDS together; five hours for LiveKit',
  check: onPods(({ pod, longRunning, object }) => {
    if (!longRunning) return [];
    const grace = pod.terminationGracePeriodSeconds ?? 30;
    const preStop = Math.max(...pod.containers.map(({ lifecycle }) => lifecycle?.preStop?.sleep?.seconds ?? 0));
    const drain = pod.containers
      .flatMap(({ env = [] }) => env)
      .filter(({ name }) => name === 'DRAIN_SECONDS')
      .map(({ value }) => Number(value));
    const needed = preStop + Math.max(0, ...drain);
    return [
      grace > needed ? '' : `has ${grace} s of grace for ${needed} s of draining`,
      object.metadata.name.startsWith('livekit') && grace < livekitGraceSeconds
        ? `has ${grace} s of grace, rooms need ${livekitGraceSeconds}`
        : '',
    ].filter(Boolean);
  }),
});
