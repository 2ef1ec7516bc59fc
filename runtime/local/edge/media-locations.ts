import { type ObjectClass, objectClasses } from '../../shared/media-layout';
import { corsHeaders } from './cors';
import { cloudFrontPattern } from './path-pattern';

/** The CDN's caches, from the viewer inwards. */
export const layers = ['pop', 'regional', 'shield'] as const;
export type Layer = (typeof layers)[number];

/** One location per object class, in the layout's order of precedence; nothing else is served below /hls/. */
export function mediaLocations(layer: Layer, next: string, rewrite = ''): string {
  const classes: readonly ObjectClass[] = Object.values(objectClasses);
  return [
    ...classes.map((objectClass) => mediaLocation(objectClass, layer, next, rewrite)),
    `    location /hls/ { return 404; }`,
  ].join('\n');
}

function mediaLocation(
  { pathPattern, maxAgeSeconds }: ObjectClass,
  layer: Layer,
  next: string,
  rewrite: string,
): string {
  return `    location ~ ${cloudFrontPattern(pathPattern)} {
      ${layer === 'pop' ? viewerRules : ''}
      add_header X-Cache $x_cache always;
      set $args '';
      ${rewrite}
      proxy_pass http://${next};
      proxy_set_header Host $proxy_host;
      proxy_set_header Connection '';
      proxy_set_header Cookie '';
      proxy_set_header Authorization '';
      proxy_set_header Origin '';
      proxy_set_header Accept-Encoding '';
      proxy_cache ${layer};
      proxy_cache_key $uri;
      proxy_cache_lock on;
      proxy_cache_lock_timeout 3s;
      proxy_cache_valid 200 ${maxAgeSeconds}s;
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

/** CloudFront's error caching, as the media distribution sets it: one second, on all the codes it caches. */
const errorRules = 'proxy_cache_valid 400 403 404 405 414 416 500 501 502 503 504 1s;';

/** What the media distribution does for viewers: reads only, CORS, no guessing of types. */
const viewerRules = [
  `if ($request_method !~ ^(GET|HEAD)$) { return 403; }`,
  corsHeaders,
  `add_header X-Content-Type-Options nosniff always;`,
].join('\n      ');

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
