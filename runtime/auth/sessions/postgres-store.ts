import type { Database } from '../../shared/postgres';
import type { Account } from '../accounts/store';
import type { Session, SessionStore } from './store';

interface SessionRow {
  readonly id: string;
  readonly user_id: string;
  readonly created_at: Date;
  readonly last_used_at: Date;
  readonly expires_at: Date;
  readonly user_agent: string;
  readonly address: string;
}

interface LockedRow {
  readonly counter: number;
  readonly key_id: string;
  readonly current_hash: Buffer;
  readonly previous_hash: Buffer | null;
  readonly rotated_at: Date;
  readonly expires_at: Date;
  readonly revoked_at: Date | null;
  readonly user_id: string;
  readonly handle: string;
  readonly email: string;
  readonly email_confirmed: boolean;
  readonly password_hash: string;
  readonly role: Account['role'];
  readonly disabled: boolean;
  readonly user_created_at: Date;
}

const session = (row: SessionRow): Session => ({
  id: row.id,
  userId: row.user_id,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
  expiresAt: row.expires_at,
  userAgent: row.user_agent,
  address: row.address,
});

const lockedQuery = `
  SELECT s.counter, s.key_id, s.current_hash, s.previous_hash, s.rotated_at, s.expires_at, s.revoked_at,
         u.id AS user_id, u.handle, u.email, u.email_confirmed_at IS NOT NULL AS email_confirmed, u.password_hash,
         u.role, u.disabled_at IS NOT NULL AS disabled, u.created_at AS user_created_at
    FROM sessions s JOIN users u ON u.id = s.user_id
   WHERE s.id = $1 AND u.disabled_at IS NULL
     FOR UPDATE OF s`;

const revokeColumns = 'revoked_at = $2, revoked_reason = $3';

export function createPostgresSessionStore(database: Database): SessionStore {
  return {
    async create(created) {
      await database.query(
        `INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at, user_agent, address,
                               counter, key_id, current_hash, rotated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $3)`,
        [
          created.id,
          created.userId,
          created.createdAt,
          created.lastUsedAt,
          created.expiresAt,
          created.userAgent,
          created.address,
          created.keyId,
          created.tokenHash,
        ],
      );
    },
    update: (sessionId, at, decide) =>
      database.transaction(async (connection) => {
        const [row] = await connection.query<LockedRow>(lockedQuery, [sessionId]);
        if (!row) return undefined;
        const { change, result } = decide({
          counter: row.counter,
          keyId: row.key_id,
          currentHash: row.current_hash,
          previousHash: row.previous_hash,
          rotatedAt: row.rotated_at,
          expiresAt: row.expires_at,
          revokedAt: row.revoked_at,
          account: {
            id: row.user_id,
            handle: row.handle,
            email: row.email,
            emailConfirmed: row.email_confirmed,
            passwordHash: row.password_hash,
            role: row.role,
            disabled: row.disabled,
            createdAt: row.user_created_at,
          },
        });
        if (change.kind === 'revoke') {
          await connection.query(`UPDATE sessions SET ${revokeColumns} WHERE id = $1`, [sessionId, at, change.reason]);
        }
        if (change.kind === 'rotate') {
          await connection.query(
            `UPDATE sessions SET counter = $2, key_id = $3, previous_hash = current_hash, current_hash = $4,
                    rotated_at = $5, last_used_at = $5, address = $6
              WHERE id = $1`,
            [sessionId, change.counter, change.keyId, change.tokenHash, at, change.address],
          );
        }
        return result;
      }),
    async list(userId, at, freshness) {
      const rows = await (freshness === 'recent' ? database : database.reader).query<SessionRow>(
        `SELECT * FROM sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
          ORDER BY last_used_at DESC LIMIT 100`,
        [userId, at],
      );
      return rows.map(session);
    },
    async isOpen(sessionId, at) {
      const rows = await database.query(
        'SELECT 1 FROM sessions WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2',
        [sessionId, at],
      );
      return rows.length === 1;
    },
    async revoke(userId, sessionId, reason, at) {
      const rows = await database.query(
        `UPDATE sessions SET ${revokeColumns} WHERE id = $1 AND user_id = $4 AND revoked_at IS NULL RETURNING id`,
        [sessionId, at, reason, userId],
      );
      return rows.length === 1;
    },
    async revokeAll(userId, reason, at, except) {
      await database.query(
        `UPDATE sessions SET ${revokeColumns}
          WHERE user_id = $1 AND revoked_at IS NULL AND id IS DISTINCT FROM $4`,
        [userId, at, reason, except ?? null],
      );
    },
    async sweep(before) {
      await database.query('DELETE FROM sessions WHERE expires_at < $1 OR revoked_at < $1', [before]);
    },
  };
}
