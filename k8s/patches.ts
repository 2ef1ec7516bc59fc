import { ApiObject, JsonPatch } from 'cdk8s';
import { Pod, type Service } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { nameLabel } from './names';

/**
 * What cdk8s-plus-27 cannot say, or says wrongly for a current cluster, is patched onto its output here and nowhere
 * else.
 */

export interface PodTemplatePatch {
  readonly workload: string;
  /** Path of the pod template in the object. */
  readonly template: '/spec/template' | '/spec/jobTemplate/spec/template';
  /** Seconds between the order to stop and SIGTERM, in which load balancers forget the pod. */
  readonly preStopSeconds?: number;
  /** Label that tells revisions apart; absent for what never runs as several pods. */
  readonly revisionLabel?: 'pod-template-hash' | 'controller-revision-hash';
}

/** seccomp, service links, topology spread, native preStop sleep; and no label made from the construct's path. */
export function patchPodTemplate(workload: Construct, patch: PodTemplatePatch): void {
  const { template, preStopSeconds, revisionLabel } = patch;
  const object = ApiObject.of(workload);
  if (preStopSeconds !== undefined) addPreStopSleep(object, preStopSeconds);
  object.addJsonPatch(
    JsonPatch.add(`${template}/spec/securityContext/seccompProfile`, { type: 'RuntimeDefault' }),
    JsonPatch.add(`${template}/spec/enableServiceLinks`, false),
    JsonPatch.remove(`${template}/metadata/labels/${escaped(Pod.ADDRESS_LABEL)}`),
    ...(revisionLabel === undefined
      ? []
      : [
          JsonPatch.add(`${template}/spec/topologySpreadConstraints`, spreadConstraints(patch.workload, revisionLabel)),
        ]),
  );
}

/**
 * The kubelet itself waits (Kubernetes 1.30), so that an image needs no shell. The kinds that cdk8s-plus was generated
 * from know no `sleep` and drop it even from a JSON patch, so it is added to what they return.
 */
function addPreStopSleep(object: ApiObject, seconds: number): void {
  const render = object.toJson.bind(object);
  object.toJson = () => {
    const manifest = render();
    manifest.spec.template.spec.containers[0].lifecycle = { preStop: { sleep: { seconds } } };
    return manifest;
  };
}

/** Soft on both keys: with an AZ gone or a node full, a pod that runs beside its like beats one that waits. */
function spreadConstraints(workload: string, revisionLabel: string) {
  return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { [nameLabel]: workload } },
    matchLabelKeys: [revisionLabel],
  }));
}

/** Old ReplicaSets or ControllerRevisions to keep, enough to roll back a few times. */
export function patchRevisionHistory(workload: Construct): void {
  ApiObject.of(workload).addJsonPatch(JsonPatch.add('/spec/revisionHistoryLimit', 3));
}

/** `spec.externalIPs` is deprecated since Kubernetes 1.36, and cdk8s-plus writes it empty. */
export function patchService(service: Service): void {
  ApiObject.of(service).addJsonPatch(JsonPatch.remove('/spec/externalIPs'));
}

/** A StatefulSet adds the label made from its path to the selector of its governing Service; its pods do not have it. */
export function patchGoverningService(service: Service): void {
  patchService(service);
  ApiObject.of(service).addJsonPatch(JsonPatch.remove(`/spec/selector/${escaped(Pod.ADDRESS_LABEL)}`));
}

const escaped = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1');
