import type { Construct } from 'constructs';
import { ingestContract } from '../../runtime/ingest/contract';
import * as environment from '../environment';
import { podUrl } from '../environment-values';
import type { Flow } from '../flows';
import type { PlatformInputs } from '../inputs';
import { rtmpPort } from '../platform-flows';
import { secretFile } from '../secrets';
import { ServiceWorkload } from '../workload';
import { PlatformChart } from './platform-chart';

/** A gate that is told to stop sends its encoders elsewhere; most have reconnected within this. */
const drainSeconds = 120;

export class IngestChart extends PlatformChart {
  readonly workload: ServiceWorkload<typeof ingestContract>;

  constructor(scope: Construct, inputs: PlatformInputs, flows: readonly Flow[]) {
    super(scope, 'ingest', 'services');
    this.workload = new ServiceWorkload(this, 'ingest', {
      contract: ingestContract,
      image: inputs.images.ingest,
      figures: inputs.figures.ingest,
      drainSeconds,
      extraPorts: { rtmp: rtmpPort },
      flows,
      vpcCidr: inputs.network.vpcCidr,
      environment: {
        ...environment.base(inputs),
        ...environment.redis(inputs),
        ...environment.livekit(),
        ...environment.identity('serviceKeyIngest'),
        SERVICE_JWKS_FILE: secretFile('serviceJwks'),
        RTMP_PORT: String(rtmpPort),
        RTMP_PROXY_PROTOCOL: 'true',
        FEED_ADVERTISE_URL: podUrl(ingestContract.port),
        STREAM_URL: environment.streamUrl(inputs),
        FFMPEG_PATH: undefined,
      },
    });
  }
}
