import { type Logger, pino } from 'pino';

export type { Logger };

/** Field names whose values never reach a log, at any of the depths our objects have. */
const secretNames = [
  'password',
  'newPassword',
  'token',
  'accessToken',
  'refreshToken',
  'ticket',
  'streamKey',
  'key',
  'secret',
  'apiSecret',
  'authorization',
  'cookie',
  '["set-cookie"]',
];

const redactPaths = secretNames.flatMap((name) => {
  const at = (prefix: string) => (name.startsWith('[') ? `${prefix}${name}` : prefix ? `${prefix}.${name}` : name);
  return [at(''), at('*'), at('*.*'), at('*.*.*')];
});

export function createLogger(service: string, level: string): Logger {
  return pino({
    name: service,
    level,
    redact: { paths: redactPaths, censor: '[redacted]' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
