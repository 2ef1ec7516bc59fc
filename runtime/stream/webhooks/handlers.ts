import type { Handlers } from '../../shared/http';
import { newId } from '../../shared/ids';
import { Problem } from '../../shared/problem';
import { findOwnChannel } from '../access';
import type { streamContract } from '../contract';
import type { StreamDependencies } from '../dependencies';
import { webhookSecret } from './sign';
import { mostWebhooks, type Webhook } from './store';

type WebhookHandlers = Pick<
  Handlers<typeof streamContract>,
  'createWebhook' | 'listWebhooks' | 'deleteWebhook' | 'listWebhookDeliveries'
>;

export function createWebhookHandlers(dependencies: StreamDependencies): WebhookHandlers {
  const { channels, webhooks, webhookKey, config, now } = dependencies;
  return {
    async createWebhook({ principal, params: { handle }, body: { url, events } }) {
      const channel = await findOwnChannel(channels, handle, principal);
      if (!config.WEBHOOK_PRIVATE_TARGETS && new URL(url).protocol !== 'https:') {
        throw new Problem('invalid-request', 'a webhook needs https');
      }
      if ((await webhooks.list(channel.id)).length >= mostWebhooks) {
        throw new Problem('conflict', `a channel has at most ${mostWebhooks} webhooks`);
      }
      const webhook = { id: newId('wh'), channelId: channel.id, url, events, createdAt: now() };
      await webhooks.create(webhook);
      const secret = webhookSecret(webhookKey(), webhook.id);
      return { status: 201, body: { ...describe({ ...webhook, enabled: true }), secret } };
    },

    async listWebhooks({ principal, params: { handle } }) {
      const channel = await findOwnChannel(channels, handle, principal);
      return { status: 200, body: { webhooks: (await webhooks.list(channel.id)).map(describe) } };
    },

    async deleteWebhook({ principal, params: { handle, webhookId } }) {
      const channel = await findOwnChannel(channels, handle, principal);
      if (!(await webhooks.remove(channel.id, webhookId))) throw new Problem('not-found');
      return { status: 204 };
    },

    async listWebhookDeliveries({ principal, params: { handle, webhookId } }) {
      const channel = await findOwnChannel(channels, handle, principal);
      const known = (await webhooks.list(channel.id)).some((webhook) => webhook.id === webhookId);
      if (!known) throw new Problem('not-found');
      const deliveries = (await webhooks.listDeliveries(webhookId)).map((delivery) => ({
        ...delivery,
        createdAt: delivery.createdAt.toISOString(),
      }));
      return { status: 200, body: { deliveries } };
    },
  };
}

function describe({ id, url, events, createdAt, enabled }: Webhook) {
  return { id, url, events: [...events], createdAt: createdAt.toISOString(), enabled };
}
