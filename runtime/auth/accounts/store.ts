import type { Role } from '../../shared/contract';

export interface Account {
  readonly id: string;
  readonly handle: string;
  readonly email: string;
  readonly emailConfirmed: boolean;
  readonly passwordHash: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly createdAt: Date;
}

export type NewAccount = Pick<Account, 'id' | 'handle' | 'email' | 'passwordHash' | 'role' | 'createdAt'>;

/** Where a read may go: `recent` sees every write that was answered, `lagging` may miss the last two seconds. */
export type Freshness = 'recent' | 'lagging';

export interface AccountStore {
  /** `handle-taken` when another account has the handle; an address may be shared until it is confirmed. */
  create(account: NewAccount): Promise<'created' | 'handle-taken'>;
  find(userId: string, freshness: Freshness): Promise<Account | undefined>;
  findByHandle(handle: string): Promise<Account | undefined>;
  /** The account the address belongs to; before anyone confirmed it, those that named it, oldest first, at most five. */
  listByEmail(email: string): Promise<readonly Account[]>;
  list(page: { readonly prefix: string; readonly after: string; readonly limit: number }): Promise<readonly Account[]>;
  setPasswordHash(userId: string, passwordHash: string): Promise<void>;
  /** `taken` when the address was confirmed by another account before. */
  confirmEmail(userId: string, email: string, at: Date): Promise<'confirmed' | 'taken'>;
  /** `last-administrator` when the change would leave none. */
  change(
    userId: string,
    change: { readonly role?: Role | undefined; readonly disabled?: boolean | undefined },
    at: Date,
  ): Promise<Account | 'last-administrator' | undefined>;
  /** Deletes the account with its sessions, and notes that the stream service must forget it. */
  remove(userId: string, at: Date): Promise<'removed' | 'last-administrator'>;
}

/** What has been deleted here and must be forgotten elsewhere. */
export interface DeletionStore {
  due(at: Date, limit: number): Promise<readonly { readonly userId: string; readonly attempts: number }[]>;
  done(userId: string): Promise<void>;
  postpone(userId: string, until: Date): Promise<void>;
}
