import { httpChecks } from '../smoke/http-checks';
import { socketChecks } from '../smoke/socket-checks';
import type { SmokeCheck } from '../smoke/target';
import { type Command, exitCodes, options, UsageError } from './command';
import { table } from './format';

export const smokeCommand: Command = {
  summary: 'Checks a deployment from outside: pages, APIs, chat, media, ingest, TLS',
  usage:
    'headend smoke --app-url https://… --media-url https://… [--rtmp-url rtmps://host:port/live] [--allow-http] [--json]',
  async run(args) {
    const values = options(args, {
      'app-url': { type: 'string' },
      'media-url': { type: 'string' },
      'rtmp-url': { type: 'string' },
      'allow-http': { type: 'boolean' },
    });
    const plain = values['allow-http'] === true;
    const rtmp = values['rtmp-url'];
    const target = {
      app: url('app-url', values['app-url'], plain ? ['https:', 'http:'] : ['https:']),
      media: url('media-url', values['media-url'], plain ? ['https:', 'http:'] : ['https:']),
      ...(rtmp !== undefined && { rtmp: url('rtmp-url', rtmp, plain ? ['rtmps:', 'rtmp:'] : ['rtmps:'], true) }),
    };
    const results = await Promise.all([...httpChecks(target, fetch), ...socketChecks(target)].map(outcome));
    const unchecked = [
      ...(target.app.protocol === 'http:' ? ['HSTS and redirect of pages and API: the URL is plain http'] : []),
      ...(target.media.protocol === 'http:' ? ['HSTS and redirect of media: the URL is plain http'] : []),
      ...(rtmp === undefined ? ['ingest port: no --rtmp-url'] : []),
    ];
    return {
      exitCode: results.every(({ passed }) => passed) ? exitCodes.ok : exitCodes.findings,
      text: [
        table(results.map(({ passed, name, found }) => [passed ? 'ok' : '×', name, found])),
        ...unchecked.map((what) => `Not checked: ${what}`),
      ].join('\n'),
      json: { schema: 'headend/smoke/v1', results, unchecked },
    };
  },
};

function url(option: string, text: string | undefined, protocols: readonly string[], needsPort = false): URL {
  if (text === undefined) throw new UsageError(`--${option} is missing`);
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (!parsed || !protocols.includes(parsed.protocol) || (needsPort && parsed.port === '')) {
    const schemes = protocols.map((protocol) => `${protocol}//`).join(' or ');
    throw new UsageError(
      `--${option} ${text}: expected ${schemes}${needsPort ? ' with a port' : ''}; --allow-http takes plain ones`,
    );
  }
  return parsed;
}

async function outcome({ name, run }: SmokeCheck) {
  try {
    return { name, passed: true, found: await run() };
  } catch (error) {
    return { name, passed: false, found: reason(error) };
  }
}

/** `fetch` says "fetch failed" and keeps the reason in the cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
