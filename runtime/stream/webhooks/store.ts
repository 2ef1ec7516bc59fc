import type { Database } from '../../shared/postgres';
import type { WebhookEvent } from '../broadcasts/events';

export interface Webhook {
  readonly id: string;
  readonly channelId: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly createdAt: Date;
  readonly enabled: boolean;
}

export interface Delivery {
  readonly id: string;
  readonly event: WebhookEvent;
  readonly createdAt: Date;
  readonly attempts: number;
  readonly status: 'pending' | 'delivered' | 'given-up';
  readonly responseStatus: number | null;
}

export interface DueDelivery {
  readonly id: string;
  readonly webhookId: string;
  readonly url: string;
  readonly payload: unknown;
  readonly attempts: number;
}

export const mostWebhooks = 10;

/** After so many deliveries given up in a row the webhook is switched off. */
const mostFailures = 5;

export interface WebhookStore {
  create(webhook: Omit<Webhook, 'enabled'>): Promise<void>;
  list(channelId: string): Promise<readonly Webhook[]>;
  remove(channelId: string, id: string): Promise<boolean>;
  listDeliveries(webhookId: string): Promise<readonly Delivery[]>;
  /** Takes due deliveries and hides them from other pods until `leaseUntil`. */
  take(at: Date, leaseUntil: Date, limit: number): Promise<readonly DueDelivery[]>;
  delivered(id: string, responseStatus: number): Promise<void>;
  retry(id: string, nextAttemptAt: Date, responseStatus: number | null): Promise<void>;
  giveUp(id: string, responseStatus: number | null): Promise<void>;
  /** Removes deliveries older than `before`. */
  sweep(before: Date): Promise<void>;
}

export function createPostgresWebhookStore(database: Database): WebhookStore {
  return {
    async create({ id, channelId, url, events, createdAt }) {
      await database.query(
        'INSERT INTO webhooks (id, channel_id, url, events, created_at) VALUES ($1, $2, $3, $4, $5)',
        [id, channelId, url, events, createdAt],
      );
    },
    async list(channelId) {
      const rows = await database.query<{
        id: string;
        channel_id: string;
        url: string;
        events: WebhookEvent[];
        created_at: Date;
        enabled: boolean;
      }>('SELECT * FROM webhooks WHERE channel_id = $1 ORDER BY created_at', [channelId]);
      return rows.map((row) => ({
        id: row.id,
        channelId: row.channel_id,
        url: row.url,
        events: row.events,
        createdAt: row.created_at,
        enabled: row.enabled,
      }));
    },
    async remove(channelId, id) {
      const removed = await database.query('DELETE FROM webhooks WHERE channel_id = $1 AND id = $2 RETURNING id', [
        channelId,
        id,
      ]);
      return removed.length === 1;
    },
    async listDeliveries(webhookId) {
      const rows = await database.query<{
        id: string;
        event: WebhookEvent;
        created_at: Date;
        attempts: number;
        status: Delivery['status'];
        response_status: number | null;
      }>('SELECT * FROM webhook_deliveries WHERE webhook_id = $1 ORDER BY created_at DESC LIMIT 50', [webhookId]);
      return rows.map((row) => ({
        id: row.id,
        event: row.event,
        createdAt: row.created_at,
        attempts: row.attempts,
        status: row.status,
        responseStatus: row.response_status,
      }));
    },
    async take(at, leaseUntil, limit) {
      const rows = await database.query<{
        id: string;
        webhook_id: string;
        url: string;
        payload: unknown;
        attempts: number;
      }>(
        `UPDATE webhook_deliveries d SET next_attempt_at = $2, attempts = attempts + 1
           FROM webhooks w
          WHERE w.id = d.webhook_id AND d.id IN (
                  SELECT id FROM webhook_deliveries
                   WHERE status = 'pending' AND next_attempt_at <= $1
                   ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED)
         RETURNING d.id, d.webhook_id, w.url, d.payload, d.attempts`,
        [at, leaseUntil, limit],
      );
      return rows.map((row) => ({
        id: row.id,
        webhookId: row.webhook_id,
        url: row.url,
        payload: row.payload,
        attempts: row.attempts,
      }));
    },
    async delivered(id, responseStatus) {
      await database.query(
        `WITH done AS (UPDATE webhook_deliveries SET status = 'delivered', response_status = $2
                        WHERE id = $1 RETURNING webhook_id)
         UPDATE webhooks SET failures = 0 FROM done WHERE webhooks.id = done.webhook_id`,
        [id, responseStatus],
      );
    },
    async retry(id, nextAttemptAt, responseStatus) {
      await database.query('UPDATE webhook_deliveries SET next_attempt_at = $2, response_status = $3 WHERE id = $1', [
        id,
        nextAttemptAt,
        responseStatus,
      ]);
    },
    async giveUp(id, responseStatus) {
      await database.query(
        `WITH done AS (UPDATE webhook_deliveries SET status = 'given-up', response_status = $2
                        WHERE id = $1 RETURNING webhook_id)
         UPDATE webhooks SET failures = failures + 1, enabled = failures + 1 < $3
           FROM done WHERE webhooks.id = done.webhook_id`,
        [id, responseStatus, mostFailures],
      );
    },
    async sweep(before) {
      await database.query('DELETE FROM webhook_deliveries WHERE created_at < $1', [before]);
    },
  };
}
