import { randomText } from '../../shared/ids';
import type { Logger } from '../../shared/log';
import type { Account, AccountStore } from '../accounts/store';
import type { AttemptLimits } from '../limits';
import { hashToken } from '../sessions/refresh-token';
import type { Mailer } from './mailer';
import { confirmationMail, passwordResetMail } from './messages';
import type { MailPurpose, MailTokenStore } from './token-store';

const validSeconds = { 'confirm-email': 86_400, 'reset-password': 3_600 } satisfies Record<MailPurpose, number>;

export interface Post {
  sendConfirmation(account: Account): void;
  sendPasswordReset(email: string): void;
  /** Resolves when what was asked for is sent or failed. */
  idle(): Promise<void>;
}

export interface PostOptions {
  readonly mailer: Mailer;
  readonly tokens: MailTokenStore;
  readonly accounts: AccountStore;
  readonly limits: AttemptLimits;
  /** Origin of the product's pages. */
  readonly webUrl: string;
  readonly log: Logger;
  readonly now: () => Date;
}

/** Writes mails after the request was answered: neither the answer nor its time tells whether there was one to write. */
export function createPost({ mailer, tokens, accounts, limits, webUrl, log, now }: PostOptions): Post {
  const open = new Set<Promise<void>>();

  const later = (what: string, work: () => Promise<void>) => {
    const task = work()
      .catch((error: unknown) => log.error({ err: error }, `${what} was not sent`))
      .finally(() => open.delete(task));
    open.add(task);
  };

  const link = async (purpose: MailPurpose, { id, handle, email }: Account) => {
    const token = randomText(40);
    const expiresAt = new Date(now().getTime() + validSeconds[purpose] * 1_000);
    await tokens.create(hashToken(token), purpose, { userId: id, email }, expiresAt);
    // In the fragment: it reaches neither a server log nor a Referer header.
    return { handle, url: `${webUrl}/${purpose}#${token}` };
  };

  return {
    sendConfirmation(account) {
      later('confirmation', async () => {
        if (!(await limits.mayMail(account.email))) return;
        await mailer.send(confirmationMail(account.email, await link('confirm-email', account)));
      });
    },
    sendPasswordReset(email) {
      later('password reset', async () => {
        const named = (await accounts.listByEmail(email)).filter((account) => !account.disabled);
        if (named.length === 0 || !(await limits.mayMail(email))) return;
        const links = await Promise.all(named.map((account) => link('reset-password', account)));
        await mailer.send(passwordResetMail(email, links));
      });
    },
    async idle() {
      await Promise.all(open);
    },
  };
}
