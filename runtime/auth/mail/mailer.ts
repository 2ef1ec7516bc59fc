import { createTransport } from 'nodemailer';
import { credentialsSecret, readSecret } from '../../shared/environment';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Mailer {
  send(mail: Mail): Promise<void>;
}

/** Prints mails: for a laptop, whose owner reads them off the terminal. */
export function createStdoutMailer(write: (text: string) => void): Mailer {
  return {
    async send({ to, subject, text }) {
      write(`\n--- mail to ${to}: ${subject}\n${text}\n---\n`);
    },
  };
}

export function createSmtpMailer(options: {
  readonly url: string;
  readonly credentialsFile: string | undefined;
  readonly from: string;
}): Mailer {
  return {
    async send(mail) {
      // A transport per mail: mails are few, and rotated credentials are used at once.
      const { protocol, hostname, port } = new URL(options.url);
      const credentials = options.credentialsFile && readSecret(options.credentialsFile, credentialsSecret);
      const transport = createTransport({
        host: hostname,
        port: Number(port || (protocol === 'smtps:' ? 465 : 587)),
        secure: protocol === 'smtps:',
        // Without implicit TLS the connection is upgraded before the password is sent, or not used.
        requireTLS: protocol === 'smtp:' && credentials !== undefined,
        connectionTimeout: 10_000,
        ...(credentials && { auth: { user: credentials.username ?? '', pass: credentials.password } }),
      });
      await transport.sendMail({ ...mail, from: options.from });
    },
  };
}
