import type { CloudflareApi } from './api';
import { desiredPhases, ownedPhases } from './desired-rules';
import { reconcileBucket, removeBucket } from './reconcile-bucket';
import { type PhaseChanges, reconcilePhase } from './reconcile-phase';
import type { MediaZoneSettings } from './settings';

export type ZoneChanges = Readonly<Partial<Record<(typeof ownedPhases)[number], PhaseChanges>>>;

/**
 * Brings bucket, cache tier and rules to the desired state from whatever is there: create, update and repair of drift
 * are the same act, and one that failed half way is finished by the next.
 */
export async function applyMediaZone(api: CloudflareApi, settings: MediaZoneSettings): Promise<ZoneChanges> {
  await reconcileBucket(api, settings);
  await api.cache.smartTieredCache.edit({ zone_id: settings.zoneId, value: 'on' });
  const desired = desiredPhases(settings);
  const changes: Record<string, PhaseChanges> = {};
  for (const phase of ownedPhases) {
    changes[phase] = await reconcilePhase(api, settings, phase, desired.get(phase) ?? []);
  }
  return changes;
}

/** Takes away what is ours: rules first, then the host name and the bucket. The zone's cache tier stays as it is. */
export async function removeMediaZone(api: CloudflareApi, settings: MediaZoneSettings): Promise<'removed' | 'kept'> {
  for (const phase of ownedPhases) await reconcilePhase(api, settings, phase, []);
  return removeBucket(api, settings);
}
