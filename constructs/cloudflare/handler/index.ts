import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type CloudflareApi, cloudflareApi } from './api';
import { applyMediaZone, removeMediaZone } from './reconcile';
import { type MediaZoneSettings, mediaZoneSettings } from './settings';

interface Event {
  /** `Repair` is the scheduled run: an update that nobody asked for. */
  readonly RequestType: 'Create' | 'Update' | 'Delete' | 'Repair';
  readonly ResourceProperties: Readonly<Record<string, unknown>>;
}

const secretsManager = new SecretsManagerClient();

async function apiOf({ tokenSecret }: MediaZoneSettings): Promise<CloudflareApi> {
  const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId: tokenSecret }));
  if (!SecretString)
    throw new Error(`secret ${tokenSecret} is empty: put the Cloudflare API token there as plain text`);
  return cloudflareApi({ apiToken: SecretString.trim() });
}

/** What makes it another thing: CloudFormation then creates the new one first and deletes the old one after. */
const identityOf = ({ zoneId, bucket, host }: MediaZoneSettings) => `${zoneId}/${bucket}/${host}`;

/** Custom resource and scheduled repair. */
export async function handler({ RequestType, ResourceProperties }: Event) {
  const settings = mediaZoneSettings.parse(ResourceProperties);
  const api = await apiOf(settings);
  if (RequestType === 'Delete') {
    console.log(JSON.stringify({ bucket: settings.bucket, fate: await removeMediaZone(api, settings) }));
  } else {
    console.log(JSON.stringify({ host: settings.host, changes: await applyMediaZone(api, settings) }));
  }
  return { PhysicalResourceId: identityOf(settings) };
}
