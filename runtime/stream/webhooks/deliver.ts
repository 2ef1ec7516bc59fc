import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Logger } from '../../shared/log';
import { Counter, type Registry } from '../../shared/metrics';
import { type Repetition, repeat } from '../../shared/repeat';
import { signatureHeader, signWebhook, webhookSecret } from './sign';
import type { DueDelivery, WebhookStore } from './store';
import { resolveTarget, type Target } from './target';

const checkEveryMs = 1_000;
const atOnce = 20;
const timeoutMs = 10_000;

/** Seconds before each further attempt: about a day in all. */
const pauses = [10, 60, 300, 1_800, 7_200, 21_600, 43_200];

export interface DeliveryOptions {
  readonly store: WebhookStore;
  readonly key: () => Buffer;
  readonly privateTargets: boolean;
  readonly registry: Registry;
  readonly log: Logger;
  readonly now: () => Date;
}

/** Sends what is due, signed, until the receiver takes it or a day has passed. Several pods may do so at once. */
export function startDeliveries(options: DeliveryOptions): Repetition {
  const { store, log, now } = options;
  const results = new Counter({
    name: 'stream_webhook_attempts_total',
    help: 'Attempts to deliver a webhook, by result.',
    labelNames: ['result'],
    registers: [options.registry],
  });

  const attempt = async (delivery: DueDelivery) => {
    const status = await send(delivery, options).catch((error: unknown) => {
      log.info({ err: error, webhookId: delivery.webhookId }, 'webhook did not answer');
      return null;
    });
    if (status !== null && status >= 200 && status < 300) {
      results.inc({ result: 'delivered' });
      return store.delivered(delivery.id, status);
    }
    const pauseSeconds = pauses[delivery.attempts - 1];
    results.inc({ result: pauseSeconds === undefined ? 'given-up' : 'failed' });
    if (pauseSeconds === undefined) return store.giveUp(delivery.id, status);
    return store.retry(delivery.id, new Date(now().getTime() + pauseSeconds * 1_000), status);
  };

  return repeat(async () => {
    try {
      const at = now();
      const leaseUntil = new Date(at.getTime() + 3 * timeoutMs);
      await Promise.all((await store.take(at, leaseUntil, atOnce)).map(attempt));
    } catch (error) {
      log.warn({ err: error }, 'webhooks cannot be delivered');
    }
  }, checkEveryMs);
}

/** Resolves to the status of the answer; its body is not read. Redirects are not followed. */
async function send(
  { id, webhookId, url, payload }: DueDelivery,
  { key, privateTargets, now }: DeliveryOptions,
): Promise<number> {
  const target = await resolveTarget(url, privateTargets);
  const body = JSON.stringify(payload);
  const signature = signWebhook(webhookSecret(key(), webhookId), body, now());
  return post(target, body, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'Headend-Webhooks/1',
    'headend-delivery': id,
    [signatureHeader]: signature,
  });
}

function post({ url, address, family }: Target, body: string, headers: Record<string, string>): Promise<number> {
  const lookup: LookupFunction = (_name, options, done) => {
    if (options.all) done(null, [{ address, family }]);
    else done(null, address, family);
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(
      url,
      { method: 'POST', headers, lookup, agent: false, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
