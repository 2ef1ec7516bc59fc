import { type WebhookEvent, WebhookReceiver } from 'livekit-server-sdk';
import { livekitKeysSecret, readSecret } from '../../shared/environment';
import type { RedisClient } from '../../shared/redis';

/** LiveKit drops an event it could not deliver after 30 seconds; a repeat after this is not one. */
const rememberSeconds = 3_600;

/** Older than that, a signed event is a replay. */
const oldestSeconds = 600;

export interface LiveKitWebhooks {
  /** Verifies signature and body hash. Throws when either is wrong or the event is old. */
  verify(body: Buffer, authorization: string | undefined, now: Date): Promise<WebhookEvent>;
  /** Whether this event comes for the first time. */
  isNew(event: WebhookEvent): Promise<boolean>;
}

export function createLiveKitWebhooks(keysFile: string, redis: RedisClient): LiveKitWebhooks {
  return {
    async verify(body, authorization, now) {
      const { apiKey, apiSecret } = readSecret(keysFile, livekitKeysSecret);
      const event = await new WebhookReceiver(apiKey, apiSecret).receive(body.toString('utf8'), authorization);
      if (now.getTime() / 1_000 - Number(event.createdAt) > oldestSeconds) throw new Error('the event is old');
      return event;
    },
    async isNew(event) {
      return (await redis.set(`livekit:event:{${event.id}}`, '1', 'EX', rememberSeconds, 'NX')) === 'OK';
    },
  };
}
