import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type CloudflareApi, cloudflareApi } from './api';
import { type MediaZoneEvent, onEvent } from './on-event';
import type { MediaZoneSettings } from './settings';

const secretsManager = new SecretsManagerClient();

async function apiOf({ tokenSecret }: MediaZoneSettings): Promise<CloudflareApi> {
  const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId: tokenSecret }));
  if (!SecretString)
    throw new Error(`secret ${tokenSecret} is empty: put the Cloudflare API token there as plain text`);
  return cloudflareApi({ apiToken: SecretString.trim() });
}

/** Custom resource and scheduled repair. */
export async function handler(event: MediaZoneEvent) {
  const { PhysicalResourceId, report } = await onEvent(event, apiOf);
  console.log(JSON.stringify({ event: event.RequestType, resource: PhysicalResourceId, report }));
  return { PhysicalResourceId };
}
