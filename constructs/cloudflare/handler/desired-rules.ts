import type { RuleCreateParams } from 'cloudflare/resources/rulesets/rules';
import type { Phase } from 'cloudflare/resources/rulesets/rulesets';
import { type ObjectClass, objectClasses } from '../../../runtime/shared/media-layout';
import type { MediaZoneSettings } from './settings';

type RuleOf<R> = Pick<R, Extract<keyof R, 'action' | 'action_parameters' | 'expression' | 'description' | 'ratelimit'>>;

/** A rule as we want it; `ref` is its identity and says whose it is. */
export type DesiredRule = (
  | RuleOf<RuleCreateParams.SetCacheSettingsRule>
  | RuleOf<RuleCreateParams.SetCacheControlRule>
  | RuleOf<RuleCreateParams.BlockRule>
  | RuleOf<RuleCreateParams.RewriteRule>
) & { readonly ref: string; readonly enabled: true };

export type DesiredPhases = ReadonlyMap<Phase, readonly DesiredRule[]>;

/** Phases in which we may own rules; on removal all of them are looked through. */
export const ownedPhases = [
  'http_request_transform',
  'http_request_firewall_custom',
  'http_ratelimit',
  'http_request_cache_settings',
  'http_response_cache_settings',
] as const satisfies readonly Phase[];

type Ownership = Pick<MediaZoneSettings, 'owner' | 'host'>;

/**
 * Prefix of the `ref` of every rule of ours. The host is in it: a deployment that changes its host makes the new rules
 * before the old ones are deleted.
 */
export const refPrefix = ({ owner, host }: Ownership) => `${owner}/${host}/`;

/** Requests of one address in ten seconds, the one period every plan has: a hundred players behind one address. */
const requestsPerTenSeconds = 2_000;

/** The rules of the media host. Each fits the limits of Cloudflare's smallest plan. */
export function desiredPhases({ owner, host }: Ownership): DesiredPhases {
  const onHost = `http.host eq "${host}"`;
  const rule = <R extends Omit<DesiredRule, 'ref' | 'enabled'>>(name: string, each: R) => ({
    ...each,
    ref: `${refPrefix({ owner, host })}${name}`,
    enabled: true as const,
  });
  return new Map<Phase, DesiredRule[]>([
    [
      'http_request_transform',
      [
        rule('drop-query', {
          action: 'rewrite',
          action_parameters: { uri: { query: { value: '' } } },
          expression: `(${onHost} and http.request.uri.query ne "")`,
          description: 'Players add query strings; in the cache key each would be a copy of its own',
        }),
      ],
    ],
    [
      'http_request_firewall_custom',
      [
        rule('only-media', {
          action: 'block',
          expression:
            `(${onHost} and (not starts_with(http.request.uri.path, "/hls/") ` +
            'or not http.request.method in {"GET" "HEAD" "OPTIONS"}))',
          description: 'The media host serves media and nothing else',
        }),
      ],
    ],
    [
      'http_ratelimit',
      [
        rule('flood', {
          action: 'block',
          expression: `(${onHost})`,
          ratelimit: {
            characteristics: ['ip.src', 'cf.colo.id'],
            period: 10,
            requests_per_period: requestsPerTenSeconds,
            mitigation_timeout: 10,
          },
          description: 'Stops floods; counted per data centre',
        }),
      ],
    ],
    [
      'http_request_cache_settings',
      [
        rule('cache-media', {
          action: 'set_cache_settings',
          action_parameters: {
            cache: true,
            // The packager writes Cache-Control: small plans may not override to a second or two, but obey it.
            edge_ttl: {
              mode: 'respect_origin',
              // Cloudflare keeps a 404 for three minutes otherwise: a stream would start with an error for everyone.
              status_code_ttl: [{ status_code_range: { from: 400, to: 599 }, value: -1 }],
            },
            browser_ttl: { mode: 'respect_origin' },
          },
          expression: `(${onHost} and starts_with(http.request.uri.path, "/hls/"))`,
          description: 'Playlists and segments are not cached by default',
        }),
      ],
    ],
    [
      'http_response_cache_settings',
      liveClasses().map(([name, { maxAgeSeconds, pathPattern }]) =>
        rule(name, {
          action: 'set_cache_control',
          action_parameters: {
            public: { operation: 'set' },
            'max-age': { operation: 'set', value: maxAgeSeconds },
            'no-store': { operation: 'remove' },
          },
          expression: `(${onHost} and ${matches(pathPattern)}${unlessEarlier(name)})`,
          description: 'What changes is kept for seconds, whatever the object says',
        }),
      ),
    ],
  ]);
}

/** Classes whose objects change; what is immutable says so itself. */
function liveClasses(): [string, ObjectClass][] {
  return Object.entries(objectClasses).filter(([, { immutable }]) => !immutable);
}

const matches = (pathPattern: string) => `http.request.uri.path wildcard "${pathPattern}"`;

/** Classes are in order of precedence, the rules of a phase all apply: each leaves out what earlier classes match. */
function unlessEarlier(name: string): string {
  const classes = liveClasses();
  return classes
    .slice(
      0,
      classes.findIndex(([each]) => each === name),
    )
    .map(([, { pathPattern }]) => ` and not ${matches(pathPattern)}`)
    .join('');
}
