import { z } from 'zod';
import type { AccountStore } from '../auth/accounts/store';
import type { PasswordHasher } from '../shared/password-hasher';

export const firstAdminSecret = z.object({ email: z.email(), handle: z.string(), password: z.string().min(12) });

export interface FirstAdminParts {
  readonly accounts: AccountStore;
  readonly hasher: Pick<PasswordHasher, 'hash'>;
  readonly newId: () => string;
  readonly now: () => Date;
}

/**
 * Makes the first administrator. An account that has the handle is left as it is: its password may have been changed
 * since, and must not go back to the one in the secret.
 */
export async function ensureFirstAdmin(
  { email, handle, password }: z.output<typeof firstAdminSecret>,
  { accounts, hasher, newId, now }: FirstAdminParts,
): Promise<'created' | 'exists'> {
  if (await accounts.findByHandle(handle)) return 'exists';
  const id = newId();
  const passwordHash = await hasher.hash(password);
  const result = await accounts.create({ id, handle, email, passwordHash, role: 'admin', createdAt: now() });
  if (result !== 'created') return 'exists';
  await accounts.confirmEmail(id, email, now());
  return 'created';
}
