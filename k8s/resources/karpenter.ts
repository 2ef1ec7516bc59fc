import { defineCustomResource } from './custom-resource';

/** Karpenter: `karpenter.sh/v1` and its AWS provider, `karpenter.k8s.aws/v1`. */

export interface NodePoolSpec {
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: {
      readonly nodeClassRef: {
        readonly group: 'karpenter.k8s.aws';
        readonly kind: 'EC2NodeClass';
        readonly name: string;
      };
      readonly requirements: readonly NodeRequirement[];
      readonly taints?: readonly { readonly key: string; readonly value: string; readonly effect: 'NoSchedule' }[];
      readonly expireAfter: string;
      readonly terminationGracePeriod: string;
    };
  };
  readonly limits: { readonly cpu: string };
  readonly disruption: {
    readonly consolidationPolicy: 'WhenEmpty' | 'WhenEmptyOrUnderutilized';
    readonly consolidateAfter: string;
    readonly budgets: readonly { readonly nodes: string }[];
  };
}

export interface NodeRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Gt';
  readonly values: readonly string[];
}

export class NodePool extends defineCustomResource<NodePoolSpec>('karpenter.sh/v1', 'NodePool') {}

interface ByTags {
  readonly tags: Readonly<Record<string, string>>;
}

export interface Ec2NodeClassSpec {
  readonly role: string;
  readonly amiSelectorTerms: readonly { readonly alias: string }[];
  readonly subnetSelectorTerms: readonly ByTags[];
  readonly securityGroupSelectorTerms: readonly ByTags[];
  readonly blockDeviceMappings: readonly {
    readonly deviceName: string;
    readonly ebs: { readonly volumeSize: string; readonly volumeType: 'gp3'; readonly encrypted: true };
  }[];
  readonly metadataOptions: {
    readonly httpEndpoint: 'enabled';
    readonly httpTokens: 'required';
    readonly httpPutResponseHopLimit: 1;
  };
}

export class Ec2NodeClass extends defineCustomResource<Ec2NodeClassSpec>('karpenter.k8s.aws/v1', 'EC2NodeClass') {}
