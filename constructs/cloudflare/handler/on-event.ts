import type { CloudflareApi } from './api';
import { applyMediaZone, removeMediaZone, type ZoneChanges } from './reconcile';
import { type MediaZoneSettings, mediaZoneSettings } from './settings';

export interface MediaZoneEvent {
  /** `Repair` is the scheduled run: an update that nobody asked for. */
  readonly RequestType: 'Create' | 'Update' | 'Delete' | 'Repair';
  readonly ResourceProperties: Readonly<Record<string, unknown>>;
}

export interface MediaZoneOutcome {
  /** What makes it another thing: CloudFormation then creates the new one first and deletes the old one after. */
  readonly PhysicalResourceId: string;
  /** For the log. */
  readonly report: ZoneChanges | 'removed' | 'kept';
}

/** One event of CloudFormation or of the schedule. */
export async function onEvent(
  { RequestType, ResourceProperties }: MediaZoneEvent,
  apiOf: (settings: MediaZoneSettings) => Promise<CloudflareApi>,
): Promise<MediaZoneOutcome> {
  const settings = mediaZoneSettings.parse(ResourceProperties);
  const api = await apiOf(settings);
  const report = RequestType === 'Delete' ? await removeMediaZone(api, settings) : await applyMediaZone(api, settings);
  const { zoneId, bucket, host } = settings;
  return { PhysicalResourceId: `${zoneId}/${bucket}/${host}`, report };
}
