import type { ServiceContract } from '../../shared/contract';
import { type ObjectClass, objectClasses } from '../../shared/media-layout';
import { cloudFrontPattern, expressPattern } from './path-pattern';

export interface EdgeOptions {
  /** Where nginx keeps its caches, logs and temporary files. */
  readonly directory: string;
  /** The one public listener. */
  readonly port: number;
  /** Inner cache layers, as CloudFront has them between a point of presence and the origin. */
  readonly regionalPort: number;
  readonly shieldPort: number;
  readonly services: readonly Upstream[];
  /** `host:port` of the object store, and the bucket that `/hls/` is in. */
  readonly origin: { readonly endpoint: string; readonly bucket: string };
  /** `host:port` */
  readonly livekit: string;
  /** Worker processes of a root master drop to `nobody`, who cannot enter a root-only home. */
  readonly asRoot: boolean;
}

export interface Upstream {
  readonly contract: ServiceContract;
  readonly port: number;
}

type Layer = 'pop' | 'regional' | 'shield';

/** One nginx: gateway to the services, and the CDN as three caches in a row in front of the object store. */
export function edgeConfiguration(options: EdgeOptions): string {
  const { port, regionalPort, shieldPort, origin } = options;
  return `${globalSettings(options)}
http {
${httpSettings(options)}
${upstream('regional', `127.0.0.1:${regionalPort}`)}
${upstream('shield', `127.0.0.1:${shieldPort}`)}
${upstream('origin', origin.endpoint)}
${upstream('livekit', options.livekit)}
${options.services.map(({ contract, port }) => upstream(contract.name, `127.0.0.1:${port}`)).join('\n')}

${server(port, 'pop', [gateway(options), mediaLocations('pop', 'regional')])}
${server(regionalPort, 'regional', [mediaLocations('regional', 'shield')])}
${server(shieldPort, 'shield', [mediaLocations('shield', 'origin', `rewrite ^ /${origin.bucket}$uri break;`)])}
}
`;
}

function globalSettings({ asRoot }: EdgeOptions): string {
  return `${asRoot ? 'user root;\n' : ''}daemon off;
pid nginx.pid;
error_log stderr warn;
worker_processes 1;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }`;
}

const layers: readonly Layer[] = ['pop', 'regional', 'shield'];

function httpSettings({ directory }: EdgeOptions): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
  ${temporary.map((kind) => `${kind}_temp_path ${directory}/temporary/${kind};`).join('\n  ')}
  ${layers.map((layer) => `proxy_cache_path ${directory}/cache/${layer} levels=1:2 keys_zone=${layer}:8m max_size=1g inactive=10m use_temp_path=off;`).join('\n  ')}
  log_format cache '$msec $request_method $request_uri $status $upstream_cache_status';
  default_type application/octet-stream;
  server_tokens off;
  sendfile on;
  tcp_nodelay on;
  client_max_body_size 2m;
  gzip on;
  gzip_proxied any;
  gzip_types ${compressedTypes().join(' ')};
  map $http_upgrade $connection_header { default upgrade; '' ''; }
  # What an inner layer served stale is stale here too, however fresh our copy of it.
  map $upstream_http_x_cache $x_cache { STALE STALE; default $upstream_cache_status; }
  proxy_http_version 1.1;
  proxy_connect_timeout 2s;`;
}

/** Text that layout marks as worth compressing, and the API's own. */
function compressedTypes(): string[] {
  const media = Object.values(objectClasses).filter(({ compress }) => compress);
  return [
    ...new Set([...media.map(({ contentType }) => contentType), 'application/json', 'text/css', 'text/javascript']),
  ];
}

const upstream = (name: string, endpoint: string) =>
  `  upstream ${name} { server ${endpoint} max_fails=0; keepalive 32; }`;

function server(port: number, layer: Layer, contents: readonly string[]): string {
  return `  server {
    listen 127.0.0.1:${port};
    access_log logs/${layer}.log cache;
${contents.join('\n')}
  }`;
}

/** Services by their contracts' prefixes, LiveKit's signalling beside them; internal routes exist only inside. */
function gateway({ services }: EdgeOptions): string {
  const internal = services.flatMap(({ contract }) =>
    Object.values(contract.routes)
      .filter((route) => route.internal)
      .map((route) => expressPattern(route.path)),
  );
  const routed = services.flatMap(({ contract }) => contract.prefixes.map((prefix) => proxied(prefix, contract.name)));
  return [
    ...[...new Set(internal)].map((pattern) => `    location ~* ${pattern} { return 404; }`),
    ...routed,
    proxied('/rtc', 'livekit'),
  ].join('\n');
}

/** A prefix matches itself and what is below it, never a longer word. */
function proxied(prefix: string, name: string): string {
  const path = prefix.replace(/\/$/, '');
  const matches = path === '' ? ['/'] : [`= ${path}`, `${path}/`];
  return matches
    .map(
      (match) => `    location ${match} {
      proxy_pass http://${name};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_header;
      proxy_read_timeout 1h;
      proxy_request_buffering off;
    }`,
    )
    .join('\n');
}

/** One location per object class, in the layout's order of precedence; nothing else is served below /hls/. */
function mediaLocations(layer: Layer, next: string, rewrite = ''): string {
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

/** The media distribution's response-headers policy: any origin, never credentials. */
const viewerRules = [
  `if ($request_method = OPTIONS) { return 204; }`,
  `if ($request_method !~ ^(GET|HEAD)$) { return 405; }`,
  `add_header Access-Control-Allow-Origin * always;`,
  `add_header Access-Control-Allow-Methods 'GET, HEAD, OPTIONS' always;`,
  `add_header Access-Control-Allow-Headers 'Range' always;`,
  `add_header Access-Control-Expose-Headers 'Age, Content-Length, Content-Range, Date, X-Cache' always;`,
  `add_header Timing-Allow-Origin * always;`,
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
