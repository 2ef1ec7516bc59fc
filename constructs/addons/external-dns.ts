import { Aws } from 'aws-cdk-lib';
import type { ICluster } from 'aws-cdk-lib/aws-eks-v2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { PodIdentity } from '../identity/pod-identity';
import { HelmAddon } from './helm-addon';
import { onSystemNodes, resources } from './placement';

export interface ExternalDnsProps {
  readonly cluster: ICluster;
  readonly namespace: string;
  readonly domain: string;
  readonly hostedZoneId: string;
}

/**
 * Writes DNS records for Services and Ingresses that ask for one by annotation. The platform's own names are written by
 * CDK, next to the load balancers and distributions they point to.
 */
export class ExternalDns extends Construct {
  constructor(scope: Construct, id: string, { cluster, namespace, domain, hostedZoneId }: ExternalDnsProps) {
    super(scope, id);
    const serviceAccount = 'external-dns';
    const identity = new PodIdentity(this, 'Identity', {
      cluster,
      namespace,
      serviceAccount,
      description: 'external-dns: records of annotated Services and Ingresses',
    }).allow(
      new PolicyStatement({
        sid: 'WriteRecords',
        actions: ['route53:ChangeResourceRecordSets', 'route53:ListResourceRecordSets', 'route53:ListTagsForResource'],
        resources: [`arn:${Aws.PARTITION}:route53:::hostedzone/${hostedZoneId}`],
      }),
      new PolicyStatement({
        sid: 'FindZone',
        actions: ['route53:ListHostedZones'],
        // The action knows no resource.
        resources: ['*'],
      }),
    );
    const release = new HelmAddon(this, 'Release', {
      cluster,
      chart: 'external-dns',
      namespace,
      values: {
        provider: { name: 'aws' },
        sources: ['service', 'ingress'],
        annotationFilter: 'external-dns.alpha.kubernetes.io/hostname',
        domainFilters: [domain],
        // Never deletes: two regions share the zone, and a lost cluster must not take names with it.
        policy: 'upsert-only',
        registry: 'txt',
        txtOwnerId: cluster.clusterName,
        serviceAccount: { create: true, name: serviceAccount },
        resources: resources('50m', '128Mi'),
        ...onSystemNodes,
      },
    });
    release.node.addDependency(identity);
  }
}
