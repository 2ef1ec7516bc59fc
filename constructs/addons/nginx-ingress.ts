import type { ICluster } from 'aws-cdk-lib/aws-eks-v2';
import { Construct } from 'constructs';
import { HelmAddon } from './helm-addon';
import { onSystemNodes, spreadOverZones } from './placement';

export interface NginxIngressProps {
  readonly cluster: ICluster;
  readonly namespace: string;
  /** Release, IngressClass and Service carry this name. */
  readonly name: string;
  /** HTTPS port of its pods and of its Service, the one its load balancer's target group sends to. */
  readonly httpsPort: number;
  readonly replicas: number;
  readonly cpuMillis: number;
  readonly memoryMiB: number;
  /** Range whose X-Forwarded-For is believed: load balancer and CDN origin connections come from inside the VPC. */
  readonly vpcCidr: string;
}

/** Sockets outlive a reload for this long, in the old worker. */
const workerShutdownSeconds = 3_600;

/** One F5 NGINX Ingress Controller, open-source edition, behind a load balancer that CDK made. */
export class NginxIngress extends Construct {
  constructor(scope: Construct, id: string, props: NginxIngressProps) {
    super(scope, id);
    const { cluster, name, namespace, httpsPort } = props;
    new HelmAddon(this, 'Release', {
      cluster,
      chart: 'nginx-ingress',
      release: name,
      namespace,
      values: {
        controller: {
          kind: 'deployment',
          replicaCount: props.replicas,
          ingressClass: { name, create: true, setAsDefaultIngress: false },
          // Policies (CORS) are custom resources; snippets would let any Ingress write configuration.
          enableCustomResources: true,
          enableSnippets: false,
          enableConfigSafety: true,
          enableTLSPassthrough: false,
          containerPort: { http: 80, https: httpsPort },
          // The load balancers are not Kubernetes Services, so there is no address to report.
          reportIngressStatus: { enable: false },
          service: {
            create: true,
            name,
            type: 'ClusterIP',
            httpPort: { enable: false },
            httpsPort: { enable: true, port: httpsPort, targetPort: httpsPort },
          },
          config: {
            entries: {
              http2: 'true',
              'ssl-protocols': 'TLSv1.2 TLSv1.3',
              'server-tokens': 'False',
              'real-ip-header': 'X-Forwarded-For',
              'real-ip-recursive': 'True',
              'set-real-ip-from': props.vpcCidr,
              'worker-shutdown-timeout': `${workerShutdownSeconds}s`,
            },
          },
          resources: {
            requests: { cpu: `${props.cpuMillis}m`, memory: `${props.memoryMiB}Mi` },
            limits: { memory: `${props.memoryMiB}Mi` },
          },
          readOnlyRootFilesystem: true,
          podDisruptionBudget: { enabled: true, maxUnavailable: 1 },
          topologySpreadConstraints: spreadOverZones({
            'app.kubernetes.io/name': 'nginx-ingress',
            'app.kubernetes.io/instance': name,
          }),
          // A pod leaves its target group first, then its sockets get the time a reload would give them.
          lifecycle: { preStop: { exec: { command: ['/bin/sleep', '30'] } } },
          terminationGracePeriodSeconds: workerShutdownSeconds + 60,
          ...onSystemNodes,
        },
        prometheus: { create: true },
        serviceNameOverride: name,
      },
    });
  }
}
