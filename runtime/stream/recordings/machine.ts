import type { recordingStates } from '../contract';

export type RecordingState = (typeof recordingStates)[number];

/** What S3 says of the recording's object. */
export interface ObjectStatus {
  readonly archived: boolean;
  /** A copy out of the archive: on its way, or there until `expiresAt`. */
  readonly restore?: { readonly ongoing: true } | { readonly ongoing: false; readonly expiresAt: Date };
}

/** What the object's status makes of the recording; `undefined` while nothing has changed. */
export function observe(
  state: RecordingState,
  object: ObjectStatus,
): { readonly state: RecordingState; readonly expiresAt: Date | null } | undefined {
  const next = stateOf(object);
  if (next.state === state || state === 'processing' || state === 'failed') return undefined;
  // A restore that was just asked for may not show yet.
  if (state === 'restoring' && next.state === 'archived') return undefined;
  return next;
}

function stateOf({ archived, restore }: ObjectStatus): {
  readonly state: RecordingState;
  readonly expiresAt: Date | null;
} {
  if (!archived) return { state: 'available', expiresAt: null };
  if (!restore) return { state: 'archived', expiresAt: null };
  if (restore.ongoing) return { state: 'restoring', expiresAt: null };
  return { state: 'restored', expiresAt: restore.expiresAt };
}

export const mayArchive = (state: RecordingState): boolean => state === 'available';
export const mayRestore = (state: RecordingState): boolean => state === 'archived';
export const mayDownload = (state: RecordingState): boolean => state === 'available' || state === 'restored';
