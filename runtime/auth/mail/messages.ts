import type { Mail } from './mailer';

interface Link {
  readonly handle: string;
  readonly url: string;
}

export function confirmationMail(to: string, { handle, url }: Link): Mail {
  return {
    to,
    subject: 'Confirm your e-mail address',
    text: [
      `Someone, we hope you, gave this address for the Headend account "${handle}".`,
      'Confirm it within a day:',
      '',
      url,
      '',
      'If it was not you, ignore this mail: the address stays yours.',
    ].join('\n'),
  };
}

/** An address that nobody confirmed may be named by several accounts; its owner chooses. */
export function passwordResetMail(to: string, links: readonly Link[]): Mail {
  return {
    to,
    subject: 'Choose a new password',
    text: [
      'Someone asked for a new password for this address. If it was you, choose one within the hour:',
      ...links.map(({ handle, url }) => `\n${handle}: ${url}`),
      '',
      'If it was not you, ignore this mail; nothing has changed.',
    ].join('\n'),
  };
}
