import { type MediaAccess, mediaPrefixes, objectClasses } from '../../shared/media-layout';
import { cookieCheckPath, cookieCheckUrlHeader } from './cdn';
import { corsCredentials, corsHeaders } from './cors';
import { cloudFrontPattern } from './path-pattern';

/** The CDN's caches, from the viewer inwards. */
export const layers = ['pop', 'regional', 'shield'] as const;
export type Layer = (typeof layers)[number];

/** A layer's place in the row. */
export interface LayerPlace {
  readonly layer: Layer;
  /** Upstream that it fills itself from. */
  readonly next: string;
  /** Turns a viewer's path into the upstream's. */
  readonly rewrite?: string;
}

interface MediaRule {
  readonly pattern: string;
  /** For objects that do not say it themselves. */
  readonly defaultTtlSeconds: number;
  /** Rewritten all the time: its age counts through all layers together. */
  readonly isLive: boolean;
  readonly access: MediaAccess;
}

const signedPaths = `^/${mediaPrefixes.signed}[\\w./-]+`;

/**
 * Rules as the media distribution's behaviours: one per public object class, in the layout's order of precedence, and one
 * for all private media. Private paths are of the layout's characters only, so that what is checked is what is served.
 */
const rules: readonly MediaRule[] = [
  ...Object.values(objectClasses).map(({ pathPattern, maxAgeSeconds }) => ({
    pattern: cloudFrontPattern(pathPattern),
    defaultTtlSeconds: maxAgeSeconds,
    isLive: pathPattern.endsWith('.m3u8'),
    access: 'open' as const,
  })),
  { pattern: `${signedPaths}\\.m3u8\\z`, defaultTtlSeconds: 1, isLive: true, access: 'signed' },
  { pattern: `${signedPaths}\\z`, defaultTtlSeconds: 1, isLive: false, access: 'signed' },
];

/** Nothing else is served below the prefixes. */
export function mediaLocations(place: LayerPlace): string {
  return [
    ...rules.map((rule) => mediaLocation(rule, place)),
    ...Object.values(mediaPrefixes).map((prefix) => `    location /${prefix} { return 404; }`),
    ...(place.layer === 'pop' ? [cookieCheck] : []),
  ].join('\n');
}

function mediaLocation({ pattern, defaultTtlSeconds, isLive, access }: MediaRule, place: LayerPlace): string {
  const { layer, next, rewrite = '' } = place;
  return `    location ~ ${pattern} {
      ${layer === 'pop' ? viewerRules[access] : ''}
      ${isLive && layer !== 'pop' ? expiryForOuterLayers : ''}
      add_header X-Cache $x_cache always;
      set $args '';
      set $path $uri;
      ${rewrite}
      proxy_pass http://${next};
      proxy_set_header Host $proxy_host;
      proxy_set_header Connection '';
      proxy_set_header Cookie '';
      proxy_set_header Authorization '';
      proxy_set_header Origin '';
      proxy_set_header Accept-Encoding '';
      proxy_cache ${layer};
      proxy_cache_key ${isLive && layer !== 'pop' ? '$path@$second' : '$path'};
      proxy_cache_lock on;
      proxy_cache_lock_timeout 3s;
      proxy_cache_valid 200 ${defaultTtlSeconds}s;
      ${errorRules}
      # Only when the origin fails: a live playlist served while it is refreshed would be as old as its last viewer.
      proxy_cache_use_stale error timeout http_500 http_502 http_503 http_504;
      # A 304 between layers would hide that the inner one's copy is stale.
      proxy_cache_revalidate ${layer === 'shield' ? 'on' : 'off'};
      proxy_force_ranges on;
      proxy_ignore_headers Set-Cookie Vary;
      ${hiddenHeaders.map((header) => `proxy_hide_header ${header};`).join(' ')}
    }`;
}

/** Value of `$second`: the wall clock's, the same for all layers. */
export const secondMap = `  map $msec $second { '~^(\\d+)' $1; }`;

/**
 * nginx counts a copy's age from when it got it, so that three layers of one second are up to six (`max-age=1` is good
 * until the end of the next second). Instead, inner layers keep what is live to the end of the wall clock's second, in
 * which it is part of their key, and tell the next layer the same: the row as a whole is a second late at most. The pop's
 * key is the path alone, so that it has a copy to fall back on when the origin fails.
 */
const expiryForOuterLayers = 'add_header X-Accel-Expires @$second always;';

/** CloudFront's error caching, as the media distribution sets it: one second, on all the codes it caches. */
const errorRules = 'proxy_cache_valid 400 403 404 405 414 416 500 501 502 503 504 1s;';

const forAll = [
  `if ($request_method !~ ^(GET|HEAD)$) { return 403; }`,
  corsHeaders,
  `add_header X-Content-Type-Options nosniff always;`,
];

/** What the media distribution does for viewers: reads only, CORS, no guessing of types, cookies on private media. */
const viewerRules: Readonly<Record<MediaAccess, string>> = {
  open: forAll.join('\n      '),
  signed: [
    ...forAll,
    corsCredentials,
    `set $media_url $scheme://$http_host$uri;`,
    `auth_request ${cookieCheckPath};`,
  ].join('\n      '),
};

/** The key group: it sees cookies and URL, and answers 204 or 403. */
const cookieCheck = `    location = ${cookieCheckPath} {
      internal;
      proxy_pass http://cdn;
      proxy_pass_request_body off;
      proxy_set_header Content-Length '';
      proxy_set_header ${cookieCheckUrlHeader} $media_url;
    }`;

const hiddenHeaders = [
  'Server',
  'Set-Cookie',
  'Vary',
  'Access-Control-Allow-Origin',
  'Access-Control-Allow-Credentials',
  'Access-Control-Expose-Headers',
  'X-Cache',
  'x-amz-request-id',
  'x-amz-id-2',
  'x-amz-storage-class',
  'x-amz-version-id',
];
