import { newId } from '../../shared/ids';
import type { Queryable } from '../../shared/postgres';
import type { WebhookEvent } from '../broadcasts/events';
import type { StreamRecord } from '../streams/store';

/** Queues an event for each of the channel's webhooks that wants it, inside the transaction that makes it true. */
export async function announce(
  connection: Queryable,
  stream: StreamRecord,
  event: WebhookEvent,
  at: Date,
): Promise<void> {
  const webhooks = await connection.query<{ id: string }>(
    'SELECT id FROM webhooks WHERE channel_id = $1 AND enabled AND $2 = ANY (events)',
    [stream.channelId, event],
  );
  for (const webhook of webhooks) {
    const id = newId('wd');
    const payload = {
      id,
      event,
      occurredAt: at.toISOString(),
      stream: {
        id: stream.id,
        title: stream.title,
        state: stream.state,
        visibility: stream.visibility,
        channel: { id: stream.channelId, handle: stream.channel.handle },
        startedAt: stream.startedAt?.toISOString() ?? null,
        endedAt: stream.endedAt?.toISOString() ?? null,
      },
    };
    await connection.query(
      `INSERT INTO webhook_deliveries (id, webhook_id, event, payload, created_at, status, next_attempt_at)
       VALUES ($1, $2, $3, $4, $5, 'pending', $5)`,
      [id, webhook.id, event, payload, at],
    );
  }
}
