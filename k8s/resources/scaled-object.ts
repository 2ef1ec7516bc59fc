import { defineCustomResource } from './custom-resource';

/** KEDA, `keda.sh/v1alpha1`. */
export interface ScaledObjectSpec {
  readonly scaleTargetRef: { readonly name: string };
  readonly minReplicaCount: number;
  readonly maxReplicaCount: number;
  readonly pollingInterval: number;
  readonly triggers: readonly MetricsApiTrigger[];
  readonly advanced: {
    readonly scalingModifiers: {
      readonly formula: string;
      readonly target: string;
      readonly metricType: 'AverageValue';
    };
    readonly horizontalPodAutoscalerConfig: { readonly behavior: ScalingBehavior };
  };
  /** What holds while the metric cannot be read. */
  readonly fallback: {
    readonly failureThreshold: number;
    readonly replicas: number;
    readonly behavior: 'currentReplicasIfHigher';
  };
}

/** Reads a number from an HTTP endpoint of every pod of a Service. */
export interface MetricsApiTrigger {
  readonly type: 'metrics-api';
  readonly name: string;
  readonly metadata: {
    readonly url: string;
    readonly format: 'prometheus';
    readonly valueLocation: string;
    readonly targetValue: string;
    readonly aggregateFromKubeServiceEndpoints: 'true';
    readonly aggregationType: 'sum';
  };
}

interface ScalingPolicies {
  readonly stabilizationWindowSeconds: number;
  readonly policies: readonly {
    readonly type: 'Pods' | 'Percent';
    readonly value: number;
    readonly periodSeconds: number;
  }[];
}

interface ScalingBehavior {
  readonly scaleUp: ScalingPolicies;
  readonly scaleDown: ScalingPolicies;
}

export class ScaledObject extends defineCustomResource<ScaledObjectSpec>('keda.sh/v1alpha1', 'ScaledObject') {}
