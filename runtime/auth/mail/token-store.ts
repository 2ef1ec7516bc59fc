import type { Database } from '../../shared/postgres';

export type MailPurpose = 'confirm-email' | 'reset-password';

export interface MailedToken {
  readonly userId: string;
  readonly email: string;
}

export interface MailTokenStore {
  create(hash: Buffer, purpose: MailPurpose, token: MailedToken, expiresAt: Date): Promise<void>;
  /** Takes the token away, so that it works once. */
  redeem(hash: Buffer, purpose: MailPurpose, at: Date): Promise<MailedToken | undefined>;
  sweep(before: Date): Promise<void>;
}

export function createPostgresMailTokenStore(database: Database): MailTokenStore {
  return {
    async create(hash, purpose, { userId, email }, expiresAt) {
      await database.query(
        'INSERT INTO mailed_tokens (hash, user_id, purpose, email, expires_at) VALUES ($1, $2, $3, $4, $5)',
        [hash, userId, purpose, email, expiresAt],
      );
    },
    async redeem(hash, purpose, at) {
      const [row] = await database.query<{ user_id: string; email: string }>(
        'DELETE FROM mailed_tokens WHERE hash = $1 AND purpose = $2 AND expires_at > $3 RETURNING user_id, email',
        [hash, purpose, at],
      );
      return row && { userId: row.user_id, email: row.email };
    },
    async sweep(before) {
      await database.query('DELETE FROM mailed_tokens WHERE expires_at < $1', [before]);
    },
  };
}
