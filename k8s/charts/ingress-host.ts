import { HttpIngressPathType, Ingress, IngressBackend, k8s, type Service } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { type IngressController, labelsOf, namespaces } from '../names';
import { Certificate } from '../resources/cert-manager';
import { issuerName } from './issuers';

/** One path prefix of a host and the Service behind it. */
export interface PathRoute {
  readonly prefix: string;
  readonly service: Service;
}

export interface ServiceRoutes {
  readonly name: string;
  /** Namespace of the Services. @default 'platform' */
  readonly namespace?: string;
  readonly paths: readonly PathRoute[];
  readonly annotations: Annotations;
}

/** F5 NGINX Ingress Controller's annotations that we use; `nginx.ingress.kubernetes.io/*` is another controller's. */
export type Annotations = Readonly<Partial<Record<`nginx.org/${AnnotationName}`, string>>>;

type AnnotationName =
  | 'client-max-body-size'
  | 'hsts'
  | 'hsts-include-subdomains'
  | 'hsts-max-age'
  | 'lb-method'
  | 'limit-req-burst'
  | 'limit-req-key'
  | 'limit-req-no-delay'
  | 'limit-req-rate'
  | 'limit-req-reject-code'
  | 'limit-req-scale'
  | 'limit-req-zone-size'
  | 'mergeable-ingress-type'
  | 'proxy-buffering'
  | 'proxy-connect-timeout'
  | 'proxy-read-timeout'
  | 'proxy-send-timeout'
  | 'redirect-to-https'
  | 'use-cluster-ip'
  | 'websocket-services';

const hstsSeconds = 31_536_000;

const masterAnnotations: Annotations = {
  'nginx.org/mergeable-ingress-type': 'master',
  'nginx.org/redirect-to-https': 'true',
  'nginx.org/hsts': 'true',
  'nginx.org/hsts-max-age': String(hstsSeconds),
  'nginx.org/hsts-include-subdomains': 'true',
};

export interface IngressHostProps {
  readonly name: string;
  readonly host: string;
  readonly controller: IngressController;
  /** Secret of the host's certificate. */
  readonly certificate: string;
  readonly routes: readonly ServiceRoutes[];
}

/**
 * A host as the controller's "mergeable" Ingress: the master holds host, TLS, redirect and HSTS; one minion per service
 * holds paths, so that an annotation reaches that service's locations and no others.
 */
export class IngressHost extends Construct {
  constructor(scope: Construct, id: string, props: IngressHostProps) {
    super(scope, id);
    const { name, host, controller, certificate } = props;
    // A rule without paths, which cdk8s-plus's Ingress cannot say.
    new k8s.KubeIngress(this, 'master', {
      metadata: {
        name,
        namespace: namespaces.platform,
        labels: labelsOf(name),
        annotations: { ...masterAnnotations },
      },
      spec: {
        ingressClassName: controller.name,
        tls: [{ hosts: [host], secretName: certificate }],
        rules: [{ host }],
      },
    });
    for (const routes of props.routes) this.addMinion(props, routes);
  }

  private addMinion({ host, controller }: IngressHostProps, routes: ServiceRoutes): void {
    new Ingress(this, routes.name, {
      metadata: {
        name: `${this.node.id}-${routes.name}`,
        namespace: routes.namespace ?? namespaces.platform,
        labels: labelsOf(routes.name),
        annotations: { 'nginx.org/mergeable-ingress-type': 'minion', ...routes.annotations },
      },
      className: controller.name,
      rules: routes.paths.map(({ prefix, service }) => ({
        host,
        path: prefix,
        pathType: HttpIngressPathType.PREFIX,
        backend: IngressBackend.fromService(service, { port: service.port }),
      })),
    });
  }
}

/** A certificate in the namespace of the hosts' masters, renewed by cert-manager. */
export function addCertificate(scope: Construct, secretName: string, dnsNames: readonly string[]): void {
  new Certificate(scope, secretName, {
    metadata: { name: secretName, namespace: namespaces.platform },
    spec: {
      secretName,
      dnsNames,
      issuerRef: { kind: 'ClusterIssuer', name: issuerName },
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
    },
  });
}
