import { defineCustomResource } from './custom-resource';

/** AWS Load Balancer Controller, `elbv2.k8s.aws/v1beta1`. */
export interface TargetGroupBindingSpec {
  readonly targetGroupARN: string;
  readonly targetType: 'ip';
  readonly serviceRef: { readonly name: string; readonly port: number };
}

/** Keeps the pods of a Service registered in a target group that CDK made. */
export class TargetGroupBinding extends defineCustomResource<TargetGroupBindingSpec>(
  'elbv2.k8s.aws/v1beta1',
  'TargetGroupBinding',
) {}
