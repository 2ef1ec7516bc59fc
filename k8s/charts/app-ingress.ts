import type { Construct } from 'constructs';
import { analyticsContract } from '../../runtime/analytics/contract';
import { authContract } from '../../runtime/auth/contract';
import { chatContract } from '../../runtime/chat/contract';
import type { ServiceContract } from '../../runtime/shared/contract';
import { streamContract } from '../../runtime/stream/contract';
import { webContract } from '../../runtime/web/contract';
import type { HomeInputs } from '../inputs';
import { ingressControllers, namespaces } from '../names';
import { TargetGroupBinding } from '../resources/target-group-binding';
import type { ServiceWorkload } from '../workload';
import { apiAnnotations, authAnnotations, chatAnnotations, chatShardAnnotations } from './ingress-annotations';
import { type Annotations, addCertificate, IngressHost, type ServiceRoutes } from './ingress-host';
import { PlatformChart } from './platform-chart';

export interface AppWorkloads {
  readonly auth: ServiceWorkload<typeof authContract>;
  readonly stream: ServiceWorkload<typeof streamContract>;
  readonly chat: ServiceWorkload<typeof chatContract>;
  readonly analytics: ServiceWorkload<typeof analyticsContract>;
  readonly web: ServiceWorkload<typeof webContract>;
}

const certificate = 'app-tls';

/** Pages and API of the app's host, which the CDN reaches through the internal load balancer. */
export class AppIngressChart extends PlatformChart {
  constructor(scope: Construct, inputs: HomeInputs, workloads: AppWorkloads) {
    super(scope, 'ingress-app', 'ingress');
    const { app: host } = inputs.hosts;
    const chat = chatRoutes(workloads.chat);
    const others = [
      routesOf(authContract, workloads.auth, authAnnotations),
      routesOf(streamContract, workloads.stream, apiAnnotations),
      routesOf(analyticsContract, workloads.analytics, apiAnnotations),
      routesOf(webContract, workloads.web, apiAnnotations),
    ];
    addCertificate(this, certificate, [host]);
    const separate = inputs.figures.ingress.separateChatController;
    const { web, chat: chatController } = ingressControllers;
    new IngressHost(this, 'app', {
      name: 'app',
      host,
      controller: web,
      certificate,
      routes: separate ? others : [...others, ...chat],
    });
    this.bind('web', inputs.targetGroups.web, web);
    if (!separate) return;
    new IngressHost(this, 'app-chat', {
      name: 'app-chat',
      host,
      controller: chatController,
      certificate,
      routes: chat,
    });
    if (inputs.targetGroups.chat === undefined) {
      throw new Error(
        'ingress.separateChatController is true, but targetGroups.chat is missing: give chat’s target group',
      );
    }
    this.bind('chat', inputs.targetGroups.chat, chatController);
  }

  private bind(
    id: string,
    targetGroupARN: string,
    { name, httpsPort: port }: typeof ingressControllers.web | typeof ingressControllers.chat,
  ): void {
    new TargetGroupBinding(this, `${id}-targets`, {
      metadata: { name: `app-${id}`, namespace: namespaces.ingress },
      spec: { targetGroupARN, targetType: 'ip', serviceRef: { name, port } },
    });
  }
}

function routesOf<C extends ServiceContract>(
  { name, prefixes }: C,
  { service }: ServiceWorkload<C>,
  annotations: Annotations,
): ServiceRoutes {
  return { name, paths: prefixes.map((prefix) => ({ prefix, service })), annotations };
}

/** At a sharded tier every ordinal has its path from the start, whether or not its pod runs. */
function chatRoutes(chat: AppWorkloads['chat']): ServiceRoutes[] {
  const { shardServices } = chat;
  if (shardServices.length === 0) return [routesOf(chatContract, chat, chatAnnotations)];
  return [
    routesOf(chatContract, chat, chatShardAnnotations([chatContract.name])),
    {
      name: 'chat-shards',
      paths: shardServices.map((service, ordinal) => ({ prefix: `/api/chat/s/${ordinal}/`, service })),
      annotations: chatShardAnnotations(shardServices.map(({ name }) => name)),
    },
  ];
}
