import type { Service } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { ingestContract } from '../../runtime/ingest/contract';
import type { PlatformInputs } from '../inputs';
import { ingressControllers, namespaces } from '../names';
import { rtmpPort } from '../platform-flows';
import { TargetGroupBinding } from '../resources/target-group-binding';
import { apiAnnotations, signallingAnnotations } from './ingress-annotations';
import { addCertificate, IngressHost } from './ingress-host';
import { livekitPorts, ownRegion } from './livekit-configuration';
import { PlatformChart } from './platform-chart';

const certificate = 'media-tls';

/** What broadcasters and WebRTC viewers of this region reach through the public load balancer. */
export class MediaIngressChart extends PlatformChart {
  constructor(
    scope: Construct,
    inputs: PlatformInputs,
    services: { readonly ingest: Service; readonly livekit: Service },
  ) {
    super(scope, 'ingress-media', 'ingress');
    const { ingestHost, rtcHost } = ownRegion(inputs.fleet, inputs.region);
    const controller = inputs.figures.ingress.separateChatController ? ingressControllers.chat : ingressControllers.web;
    addCertificate(this, certificate, [ingestHost, rtcHost]);
    new IngressHost(this, 'whip', {
      name: 'whip',
      host: ingestHost,
      controller,
      certificate,
      routes: [
        {
          name: ingestContract.name,
          paths: ingestContract.prefixes.map((prefix) => ({ prefix, service: services.ingest })),
          annotations: apiAnnotations,
        },
      ],
    });
    new IngressHost(this, 'rtc', {
      name: 'rtc',
      host: rtcHost,
      controller,
      certificate,
      routes: [
        {
          name: 'livekit',
          namespace: namespaces.media,
          paths: [{ prefix: '/', service: services.livekit }],
          annotations: signallingAnnotations,
        },
      ],
    });
    const { publicHttps, rtmp, turn } = inputs.targetGroups;
    this.bind('public-https', namespaces.ingress, publicHttps, controller.name, controller.httpsPort);
    this.bind('rtmp', namespaces.platform, rtmp, ingestContract.name, rtmpPort);
    this.bind('turn', namespaces.media, turn, 'livekit', livekitPorts.turnTls);
  }

  private bind(name: string, namespace: string, targetGroupARN: string, service: string, port: number): void {
    new TargetGroupBinding(this, name, {
      metadata: { name, namespace },
      spec: { targetGroupARN, targetType: 'ip', serviceRef: { name: service, port } },
    });
  }
}
