import { Duration } from 'cdk8s';
import { Job, RestartPolicy } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { bootstrapEnvironment } from '../../runtime/bootstrap/contract';
import * as environment from '../environment';
import type { ValuesOf } from '../environment-values';
import { type Flow, WorkloadNetworkPolicy } from '../flows';
import type { HomeInputs } from '../inputs';
import { labelsOf, namespaces } from '../names';
import { patchPodTemplate } from '../patches';
import { containerProps, restrictedPod, serviceAccount } from '../pod';
import { secretFile } from '../secrets';
import { placeOn } from '../workload';
import { PlatformChart } from './platform-chart';

const name = 'bootstrap';
const metadata = { name, namespace: namespaces.platform, labels: labelsOf(name) };
const size = { cpuMillis: 250, memoryMiB: 256 };

/**
 * Makes databases, roles, users and the first administrator. A Job cannot be changed, so a finished one goes away before
 * the next deployment brings another; the services wait for its work by their readiness.
 */
export class BootstrapChart extends PlatformChart {
  constructor(scope: Construct, inputs: HomeInputs, flows: readonly Flow[]) {
    super(scope, name, 'bootstrap');
    const job = new Job(this, 'job', {
      metadata,
      podMetadata: { labels: labelsOf(name) },
      select: false,
      restartPolicy: RestartPolicy.ON_FAILURE,
      // The databases may still be starting, and their secrets on their way.
      backoffLimit: 10,
      activeDeadline: Duration.minutes(20),
      ttlAfterFinished: Duration.minutes(2),
      serviceAccount: serviceAccount(this, metadata),
      automountServiceAccountToken: false,
      securityContext: restrictedPod,
      containers: [
        containerProps(this, {
          name,
          image: inputs.images.bootstrap,
          size,
          scratchMiB: 64,
          environment: bootstrapValues(inputs),
        }),
      ],
    });
    placeOn(job, 'app');
    patchPodTemplate(job, { workload: name, template: '/spec/template' });
    new WorkloadNetworkPolicy(this, 'network', { workload: name, flows, vpcCidr: inputs.network.vpcCidr });
  }
}

function bootstrapValues(inputs: HomeInputs): ValuesOf<typeof bootstrapEnvironment> {
  const { PG_WRITER, PG_CA_FILE, PG_CREDENTIALS_FILE: auth } = environment.postgres(inputs, 'auth');
  const { MONGO_URL, MONGO_CA_FILE, MONGO_CREDENTIALS_FILE: chat } = environment.mongo(inputs, 'chat');
  return {
    LOG_LEVEL: 'info',
    PG_WRITER,
    PG_CA_FILE,
    PG_ADMIN_CREDENTIALS_FILE: secretFile('postgresAdmin'),
    PG_AUTH_CREDENTIALS_FILE: auth,
    PG_STREAM_CREDENTIALS_FILE: secretFile('postgresStream'),
    MONGO_URL,
    MONGO_CA_FILE,
    MONGO_ADMIN_CREDENTIALS_FILE: secretFile('mongoAdmin'),
    MONGO_CHAT_CREDENTIALS_FILE: chat,
    MONGO_ANALYTICS_CREDENTIALS_FILE: secretFile('mongoAnalytics'),
    FIRST_ADMIN_FILE: secretFile('firstAdmin'),
  };
}
