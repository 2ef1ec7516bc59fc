import { authContract } from '../runtime/auth/contract';
import type {
  livekitEnvironment,
  mongoEnvironment,
  postgresEnvironment,
  redisEnvironment,
  serviceIdentityEnvironment,
  storageEnvironment,
  tokenEnvironment,
} from '../runtime/shared/environment';
import { streamContract } from '../runtime/stream/contract';
import type { EnvironmentValue } from './environment-values';
import type { CellInputs, FleetRegion, HomeInputs, PlatformInputs } from './inputs';
import { clusterHost, namespaces } from './names';
import { type SecretName, secretFile } from './secrets';

/** The variables that several services share, from the charts' inputs. Each mirrors a fragment of the services' own. */

type Fragment<Shape> = Readonly<Record<keyof Shape, EnvironmentValue | undefined>>;

/** Amazon's database certificate authorities, in every image of a service that speaks to RDS or DocumentDB. */
export const amazonCaFile = '/etc/headend/amazon-rds-ca.pem';

export function base({ region, hosts }: CellInputs) {
  return {
    LOG_LEVEL: 'info',
    REGION: region,
    ALLOWED_ORIGINS: appOrigin(hosts),
    // The Ingress controller alone: it has already replaced what the load balancer or CDN stands for.
    TRUSTED_PROXY_HOPS: '1',
  } as const;
}

/** Origin of the pages. */
export function appOrigin({ app }: Pick<CellInputs['hosts'], 'app'>): string {
  return `https://${app}`;
}

export const tokens = (inputs: HomeInputs) =>
  ({
    TOKEN_ISSUER: appOrigin(inputs.hosts),
    JWKS_URL: `${serviceUrl('auth', authContract.port)}${authContract.routes.getJwks.path}`,
    SERVICE_JWKS_FILE: secretFile('serviceJwks'),
  }) satisfies Fragment<typeof tokenEnvironment>;

export const identity = (key: SecretName) =>
  ({ SERVICE_KEY_FILE: secretFile(key) }) satisfies Fragment<typeof serviceIdentityEnvironment>;

export const postgres = ({ postgres: { writer, readers } }: HomeInputs, database: 'auth' | 'stream') =>
  ({
    PG_WRITER: writer,
    PG_READERS: readers,
    PG_DATABASE: database,
    PG_CREDENTIALS_FILE: secretFile(database === 'auth' ? 'postgresAuth' : 'postgresStream'),
    PG_CA_FILE: amazonCaFile,
  }) satisfies Fragment<typeof postgresEnvironment>;

export const redis = ({ redis: { application } }: CellInputs) =>
  ({
    REDIS_URL: application.url,
    REDIS_CLUSTER: 'true',
    REDIS_CREDENTIALS_FILE: secretFile('redisApplication'),
  }) satisfies Fragment<typeof redisEnvironment>;

export const mongo = ({ mongo: { url, certificateAuthority } }: HomeInputs, database: 'chat' | 'analytics') =>
  ({
    MONGO_URL: url,
    MONGO_DATABASE: database,
    MONGO_CREDENTIALS_FILE: secretFile(database === 'chat' ? 'mongoChat' : 'mongoAnalytics'),
    MONGO_CA_FILE: certificateAuthority === 'amazon-rds' ? amazonCaFile : undefined,
  }) satisfies Fragment<typeof mongoEnvironment>;

export const storage = ({ storage: { hlsBucket, recordingsBucket, hlsEndpoint } }: CellInputs) =>
  ({
    HLS_BUCKET: hlsBucket,
    RECORDINGS_BUCKET: recordingsBucket,
    S3_ENDPOINT: undefined,
    HLS_S3_ENDPOINT: hlsEndpoint,
    HLS_S3_CREDENTIALS_FILE: hlsEndpoint === undefined ? undefined : secretFile('hlsStorage'),
  }) satisfies Fragment<typeof storageEnvironment>;

/** LiveKit of the same region. */
export const livekit = () =>
  ({
    LIVEKIT_URL: livekitUrl,
    LIVEKIT_KEYS_FILE: secretFile('livekitKeys'),
  }) satisfies Fragment<typeof livekitEnvironment>;

export const livekitPort = 7880;
const livekitUrl = `http://${clusterHost('livekit', namespaces.media)}:${livekitPort}`;

/** LiveKit's server API in any region of the fleet, as home reaches it. */
export function livekitApiUrl({ region, rtcHost }: FleetRegion, home: HomeInputs): string {
  return region === home.region ? livekitUrl : `https://${rtcHost}`;
}

/** The stream service as this cell reaches it: inside the cluster at home, through the CDN elsewhere. */
export function streamUrl(inputs: PlatformInputs): string {
  return inputs.role === 'home' ? serviceUrl('stream', streamContract.port) : appOrigin(inputs.hosts);
}

export function serviceUrl(service: string, port: number): string {
  return `http://${clusterHost(service)}:${port}`;
}

/** `region=value,region=value`. */
export function valuePerRegion(fleet: readonly FleetRegion[], of: (region: FleetRegion) => string): string {
  return fleet.map((each) => `${each.region}=${of(each)}`).join(',');
}
