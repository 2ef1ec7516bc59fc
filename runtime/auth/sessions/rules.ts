/** A token that was just replaced is answered with its successor for this long: two tabs, or an answer that was lost. */
export const graceSeconds = 10;

export interface SessionState {
  readonly currentHash: Buffer;
  readonly previousHash: Buffer | null;
  readonly rotatedAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
}

export type RefreshVerdict =
  /** The token in force: replace it. */
  | 'rotate'
  /** Its predecessor within the grace: the same successor again. */
  | 'repeat'
  /** An older one, though genuine: it was copied. The whole session ends (RFC 9700 § 4.14.2). */
  | 'revoke'
  | 'reject';

export function decideRefresh(
  session: SessionState,
  presented: { readonly hash: Buffer; readonly genuine: boolean },
  now: Date,
): RefreshVerdict {
  if (session.revokedAt !== null || session.expiresAt <= now) return 'reject';
  if (session.currentHash.equals(presented.hash)) return 'rotate';
  const withinGrace = now.getTime() - session.rotatedAt.getTime() <= graceSeconds * 1_000;
  if (withinGrace && session.previousHash?.equals(presented.hash)) return 'repeat';
  return presented.genuine ? 'revoke' : 'reject';
}
