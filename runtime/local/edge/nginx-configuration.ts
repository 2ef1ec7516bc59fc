import type { ServiceContract } from '../../shared/contract';
import { objectClasses } from '../../shared/media-layout';
import { corsMaps } from './cors';
import { type Layer, layers, mediaLocations, secondMap } from './media-locations';
import { expressPattern } from './path-pattern';

export interface EdgeOptions {
  /** Where nginx keeps its caches, logs and temporary files. */
  readonly directory: string;
  /** The one public listener. */
  readonly port: number;
  /** Inner cache layers, as CloudFront has them between a point of presence and the origin. */
  readonly regionalPort: number;
  readonly shieldPort: number;
  /** Where the rest of the CDN listens: the check of signed cookies. */
  readonly cdnPort: number;
  readonly services: readonly Upstream[];
  /** Origins whose pages may play the media. */
  readonly allowedOrigins: readonly string[];
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

/** One nginx: gateway to the services, and the CDN as three caches in a row in front of the object store. */
export function edgeConfiguration(options: EdgeOptions): string {
  const { port, regionalPort, shieldPort, origin } = options;
  const toBucket = `rewrite ^ /${origin.bucket}$uri break;`;
  return `${globalSettings(options)}
http {
${httpSettings(options)}
${upstream('regional', `127.0.0.1:${regionalPort}`)}
${upstream('shield', `127.0.0.1:${shieldPort}`)}
${upstream('origin', origin.endpoint)}
${upstream('livekit', options.livekit)}
${upstream('cdn', `127.0.0.1:${options.cdnPort}`)}
${options.services.map(({ contract, port }) => upstream(contract.name, `127.0.0.1:${port}`)).join('\n')}

${server(port, 'pop', [oneName(port), gateway(options), mediaLocations({ layer: 'pop', next: 'regional' })])}
${server(regionalPort, 'regional', [mediaLocations({ layer: 'regional', next: 'shield' })])}
${server(shieldPort, 'shield', [mediaLocations({ layer: 'shield', next: 'origin', rewrite: toBucket })])}
}
`;
}

const cacheDirectory = (directory: string, layer: Layer) => `${directory}/cache/${layer}`;

/** Where the layers keep their objects, the innermost first. */
export const cacheDirectories = (directory: string): readonly string[] =>
  layers.map((layer) => cacheDirectory(directory, layer)).reverse();

function globalSettings({ asRoot }: EdgeOptions): string {
  return `${asRoot ? 'user root;\n' : ''}daemon off;
pid nginx.pid;
error_log stderr warn;
worker_processes 1;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }`;
}

function httpSettings({ directory, allowedOrigins }: EdgeOptions): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
  ${temporary.map((kind) => `${kind}_temp_path ${directory}/temporary/${kind};`).join('\n  ')}
  ${layers.map((layer) => `proxy_cache_path ${cacheDirectory(directory, layer)} levels=1:2 keys_zone=${layer}:8m max_size=1g inactive=10m use_temp_path=off;`).join('\n  ')}
  log_format cache '$msec $request_method $request_uri $status $upstream_cache_status $body_bytes_sent $upstream_bytes_received';
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
${secondMap}
${corsMaps(allowedOrigins)}
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

/** Cookies and origins go by name: whoever types `localhost` is sent to the address that everything else uses. */
const oneName = (port: number) => `    if ($host = localhost) { return 307 http://127.0.0.1:${port}$request_uri; }`;

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
