import { type Database, isUniqueViolation, type Queryable } from '../../shared/postgres';
import type { Account, AccountStore, DeletionStore } from './store';

interface Row {
  readonly id: string;
  readonly handle: string;
  readonly email: string;
  readonly email_confirmed_at: Date | null;
  readonly password_hash: string;
  readonly role: Account['role'];
  readonly disabled_at: Date | null;
  readonly created_at: Date;
}

const account = (row: Row): Account => ({
  id: row.id,
  handle: row.handle,
  email: row.email,
  emailConfirmed: row.email_confirmed_at !== null,
  passwordHash: row.password_hash,
  role: row.role,
  disabled: row.disabled_at !== null,
  createdAt: row.created_at,
});

export function createPostgresAccountStore(database: Database): AccountStore {
  const one = async (from: Queryable, condition: string, values: readonly unknown[]) => {
    const [row] = await from.query<Row>(`SELECT * FROM users WHERE ${condition}`, values);
    return row && account(row);
  };
  return {
    async create({ id, handle, email, passwordHash, role, createdAt }) {
      const created = await database.query(
        `INSERT INTO users (id, handle, email, password_hash, role, created_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (handle) DO NOTHING RETURNING id`,
        [id, handle, email, passwordHash, role, createdAt],
      );
      return created.length === 1 ? 'created' : 'handle-taken';
    },
    find: (userId, freshness) => one(freshness === 'recent' ? database : database.reader, 'id = $1', [userId]),
    findByHandle: (handle) => one(database, 'handle = $1', [handle]),
    async listByEmail(email) {
      const rows = await database.query<Row>(
        `SELECT * FROM users
          WHERE email = $1
            AND (email_confirmed_at IS NOT NULL
                 OR NOT EXISTS (SELECT FROM users WHERE email = $1 AND email_confirmed_at IS NOT NULL))
          ORDER BY created_at LIMIT 5`,
        [email],
      );
      return rows.map(account);
    },
    async list({ prefix, after, limit }) {
      const rows = await database.query<Row>(
        'SELECT * FROM users WHERE starts_with(handle, $1) AND handle > $2 ORDER BY handle LIMIT $3',
        [prefix, after, limit],
      );
      return rows.map(account);
    },
    async setPasswordHash(userId, passwordHash) {
      await database.query('UPDATE users SET password_hash = $2 WHERE id = $1', [userId, passwordHash]);
    },
    async confirmEmail(userId, email, at) {
      try {
        await database.query(
          'UPDATE users SET email_confirmed_at = COALESCE(email_confirmed_at, $3) WHERE id = $1 AND email = $2',
          [userId, email, at],
        );
        return 'confirmed';
      } catch (error) {
        if (isUniqueViolation(error)) return 'taken';
        throw error;
      }
    },
    change: (userId, { role, disabled }, at) =>
      database.transaction(async (connection) => {
        const losesPower = (role !== undefined && role !== 'admin') || disabled === true;
        if (losesPower && (await isLastAdministrator(connection, userId))) return 'last-administrator';
        const [row] = await connection.query<Row>(
          `UPDATE users SET role = COALESCE($2, role),
             disabled_at = CASE WHEN $3::boolean IS NULL THEN disabled_at WHEN $3 THEN $4::timestamptz END
           WHERE id = $1 RETURNING *`,
          [userId, role ?? null, disabled ?? null, at],
        );
        return row && account(row);
      }),
    remove: (userId, at) =>
      database.transaction(async (connection) => {
        if (await isLastAdministrator(connection, userId)) return 'last-administrator';
        await connection.query('DELETE FROM users WHERE id = $1', [userId]);
        await connection.query(
          'INSERT INTO account_deletions (user_id, next_attempt_at) VALUES ($1, $2) ON CONFLICT DO NOTHING',
          [userId, at],
        );
        return 'removed';
      }),
  };
}

/** Locks the administrators, so that two who leave at once cannot both be told that another stays. */
async function isLastAdministrator(connection: Queryable, userId: string): Promise<boolean> {
  const rows = await connection.query<{ id: string }>(
    `SELECT id FROM users WHERE role = 'admin' AND disabled_at IS NULL ORDER BY id FOR UPDATE`,
  );
  return rows.length === 1 && rows[0]?.id === userId;
}

export function createPostgresDeletionStore(database: Database): DeletionStore {
  return {
    async due(at, limit) {
      const rows = await database.query<{ user_id: string; attempts: number }>(
        'SELECT user_id, attempts FROM account_deletions WHERE next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $2',
        [at, limit],
      );
      return rows.map((row) => ({ userId: row.user_id, attempts: row.attempts }));
    },
    async done(userId) {
      await database.query('DELETE FROM account_deletions WHERE user_id = $1', [userId]);
    },
    async postpone(userId, until) {
      await database.query(
        'UPDATE account_deletions SET attempts = attempts + 1, next_attempt_at = $2 WHERE user_id = $1',
        [userId, until],
      );
    },
  };
}
