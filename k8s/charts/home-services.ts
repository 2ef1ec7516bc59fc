import type { Construct } from 'constructs';
import { analyticsContract } from '../../runtime/analytics/contract';
import { authContract } from '../../runtime/auth/contract';
import { chatContract } from '../../runtime/chat/contract';
import { publicPorts } from '../../runtime/shared/public-ports';
import { streamContract } from '../../runtime/stream/contract';
import { webContract } from '../../runtime/web/contract';
import * as environment from '../environment';
import { podName } from '../environment-values';
import type { Flow } from '../flows';
import type { HomeInputs } from '../inputs';
import { secretFile } from '../secrets';
import { ServiceWorkload } from '../workload';
import { PlatformChart } from './platform-chart';

/** The five Express services of the home region, a chart each. */

export class AuthChart extends PlatformChart {
  readonly workload: ServiceWorkload<typeof authContract>;

  constructor(scope: Construct, inputs: HomeInputs, flows: readonly Flow[]) {
    super(scope, 'auth', 'services');
    this.workload = new ServiceWorkload(this, 'auth', {
      contract: authContract,
      image: inputs.images.auth,
      figures: inputs.figures.auth,
      autoscaling: { kind: 'cpu', targetPercent: inputs.figures.autoscaling.cpuTargetPercent },
      flows,
      vpcCidr: inputs.network.vpcCidr,
      environment: {
        ...environment.base(inputs),
        ...environment.postgres(inputs, 'auth'),
        ...environment.redis(inputs),
        ...environment.identity('serviceKeyAuth'),
        TOKEN_ISSUER: environment.tokens(inputs).TOKEN_ISSUER,
        SERVICE_JWKS_FILE: secretFile('serviceJwks'),
        SIGNING_KEYS_FILE: secretFile('authSigningKeys'),
        REFRESH_KEYS_FILE: secretFile('authRefreshKeys'),
        REFRESH_COOKIE_SECURE: 'true',
        SESSION_DAYS: undefined,
        SIGNUP_ROLE: undefined,
        HASH_CONCURRENCY: undefined,
        MAIL_TRANSPORT: 'smtp',
        SMTP_URL: inputs.mail.smtpUrl,
        SMTP_CREDENTIALS_FILE: secretFile('smtp'),
        MAIL_FROM: inputs.mail.from,
        STREAM_URL: environment.streamUrl(inputs),
      },
    });
  }
}

export class StreamChart extends PlatformChart {
  readonly workload: ServiceWorkload<typeof streamContract>;

  constructor(scope: Construct, inputs: HomeInputs, flows: readonly Flow[]) {
    super(scope, 'stream', 'services');
    const { fleet, hosts } = inputs;
    this.workload = new ServiceWorkload(this, 'stream', {
      contract: streamContract,
      image: inputs.images.stream,
      figures: inputs.figures.stream,
      flows,
      vpcCidr: inputs.network.vpcCidr,
      environment: {
        ...environment.base(inputs),
        ...environment.tokens(inputs),
        ...environment.identity('serviceKeyStream'),
        ...environment.postgres(inputs, 'stream'),
        ...environment.redis(inputs),
        ...environment.storage(inputs),
        LIVEKIT_KEYS_FILE: secretFile('livekitKeys'),
        LIVEKIT_API_URLS: environment.valuePerRegion(fleet, (each) => environment.livekitApiUrl(each, inputs)),
        LIVEKIT_CLIENT_URLS: environment.valuePerRegion(fleet, ({ rtcHost }) => `wss://${rtcHost}`),
        INGEST_RTMP_URLS: environment.valuePerRegion(
          fleet,
          ({ ingestHost }) => `rtmps://${ingestHost}:${publicPorts.rtmps}/live`,
        ),
        INGEST_WHIP_URLS: environment.valuePerRegion(fleet, ({ ingestHost }) => `https://${ingestHost}/whip`),
        MEDIA_BASE_URL: `https://${hosts.media}`,
        CELL_HLS_BUCKETS: environment.valuePerRegion(otherRegions(inputs), ({ hlsBucket }) => hlsBucket),
        CELL_RECORDINGS_BUCKETS: environment.valuePerRegion(
          otherRegions(inputs),
          ({ recordingsBucket }) => recordingsBucket,
        ),
        MEDIA_SIGNING_KEY_FILE: inputs.signedPlayback ? secretFile('mediaSigningKey') : undefined,
        MEDIA_CDN: inputs.mediaOnCloudFront ? 'cloudfront' : 'none',
        // The media host is a name under the app's.
        MEDIA_COOKIE_DOMAIN: hosts.app,
        MEDIA_COOKIE_SECURE: 'true',
        SECRETS_KEY_FILE: secretFile('streamSecretsKey'),
        WEBRTC_VIEWERS_PER_STREAM: undefined,
        WEBRTC_VIEWERS_PER_REGION: String(inputs.figures.audience.webrtcViewersPerRegion),
        RESTORE_QUOTA_GB: undefined,
        WEBHOOK_PRIVATE_TARGETS: 'false',
      },
    });
  }
}

const otherRegions = ({ fleet, region }: HomeInputs) => fleet.filter((each) => each.region !== region);

/** Sockets are told to go elsewhere in waves for this long before they are cut. */
const chatDrainSeconds = 60;

export class ChatChart extends PlatformChart {
  readonly workload: ServiceWorkload<typeof chatContract>;

  constructor(scope: Construct, inputs: HomeInputs, flows: readonly Flow[]) {
    super(scope, 'chat', 'services');
    const { chat } = inputs.figures;
    this.workload = new ServiceWorkload(this, 'chat', {
      contract: chatContract,
      image: inputs.images.chat,
      figures: chat,
      autoscaling: { kind: 'cpu', targetPercent: inputs.figures.autoscaling.cpuTargetPercent },
      kind: chat.sharded ? 'sharded' : 'stateless',
      drainSeconds: chatDrainSeconds,
      flows,
      vpcCidr: inputs.network.vpcCidr,
      environment: {
        ...environment.base(inputs),
        ...environment.tokens(inputs),
        ...environment.identity('serviceKeyChat'),
        ...environment.redis(inputs),
        ...environment.mongo(inputs, 'chat'),
        STREAM_URL: environment.streamUrl(inputs),
        CHAT_ROUTING: chat.sharded ? 'shard' : 'any-pod',
        POD_NAME: podName,
        CHAT_RETENTION_DAYS: undefined,
      },
    });
  }
}

export class AnalyticsChart extends PlatformChart {
  readonly workload: ServiceWorkload<typeof analyticsContract>;

  constructor(scope: Construct, inputs: HomeInputs, flows: readonly Flow[]) {
    super(scope, 'analytics', 'services');
    this.workload = new ServiceWorkload(this, 'analytics', {
      contract: analyticsContract,
      image: inputs.images.analytics,
      figures: inputs.figures.analytics,
      flows,
      vpcCidr: inputs.network.vpcCidr,
      environment: {
        ...environment.base(inputs),
        ...environment.tokens(inputs),
        ...environment.identity('serviceKeyAnalytics'),
        ...environment.redis(inputs),
        ...environment.mongo(inputs, 'analytics'),
        STREAM_URL: environment.streamUrl(inputs),
        ANALYTICS_RETENTION_DAYS: undefined,
      },
    });
  }
}

/** Where the image keeps the built pages. */
const pagesDirectory = '/app/dist/web';

export class WebChart extends PlatformChart {
  readonly workload: ServiceWorkload<typeof webContract>;

  constructor(scope: Construct, inputs: HomeInputs, flows: readonly Flow[]) {
    super(scope, 'web', 'services');
    const { fleet, hosts } = inputs;
    this.workload = new ServiceWorkload(this, 'web', {
      contract: webContract,
      image: inputs.images.web,
      figures: inputs.figures.web,
      flows,
      vpcCidr: inputs.network.vpcCidr,
      environment: {
        ...environment.base(inputs),
        PAGES_DIRECTORY: pagesDirectory,
        MEDIA_ORIGINS: `https://${hosts.media}`,
        REALTIME_ORIGINS: [`wss://${hosts.app}`, ...fleet.map(({ rtcHost }) => `wss://${rtcHost}`)].join(','),
      },
    });
  }
}
