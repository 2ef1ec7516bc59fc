import { dictionary } from '@zxcvbn-ts/language-common';
import { Problem } from '../../shared/problem';

/** About 49,000 passwords, the commonest of published breaches. */
const common = new Set<string>(dictionary['passwords-common']);

/**
 * Refuses what an attacker tries first: breached passwords, the account's own names, one repeated or counted pattern.
 * Throws `weak-password`; length is checked by the contract.
 */
export function checkStrength(password: string, account: { readonly handle: string; readonly email: string }): void {
  const plain = password.normalize('NFKC').toLowerCase();
  if (common.has(plain)) throw new Problem('weak-password', 'this password is in lists of breached passwords');
  const [mailbox = ''] = account.email.split('@');
  if ([account.handle, account.email, mailbox].some((name) => name.length >= 3 && plain === name.toLowerCase())) {
    throw new Problem('weak-password', 'the password is your own name');
  }
  if (/^(.{1,4})\1+$/su.test(plain)) throw new Problem('weak-password', 'the password repeats one short pattern');
}
