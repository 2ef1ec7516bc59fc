import type { User } from '../contract';
import type { Account } from './store';

/** An account as its owner sees it. */
export function describeAccount({ id, handle, email, emailConfirmed, role, createdAt }: Account): User {
  return { id, handle, email, emailConfirmed, role, createdAt: createdAt.toISOString() };
}
