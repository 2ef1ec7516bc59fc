import { Aws, CfnOutput } from 'aws-cdk-lib';
import { KubernetesManifest } from 'aws-cdk-lib/aws-eks-v2';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { App } from 'cdk8s';
import type { Construct } from 'constructs';
import { packagerPermissions, streamPermissions } from '../../constructs/identity/media-permissions';
import { PodIdentity } from '../../constructs/identity/pod-identity';
import { layers, type PlatformChart } from '../../k8s/charts/platform-chart';
import type { PlatformInputs } from '../../k8s/inputs';
import { platformCharts, workloadIdentities } from '../../k8s/platform';
import { publicPorts } from '../../runtime/shared/public-ports';
import { bucketName, hosts } from '../config/names';
import type { ClusterStack } from './cluster';
import type { DataStack } from './data';
import type { MediaStorageStack } from './media-storage';
import type { NetworkStack } from './network';
import { Operators } from './operators';
import { BuiltImages } from './platform-images';
import { platformInputs } from './platform-inputs';
import { PlatformStack, type RegionalProps } from './platform-stack';
import { givenName } from './secret-name';

export interface WorkloadsStackProps extends RegionalProps {
  readonly network: NetworkStack;
  readonly cluster: ClusterStack;
  readonly data: DataStack;
  readonly storage: MediaStorageStack;
}

/** Everything that runs in the cluster: namespaces, then operators, then our charts layer by layer. */
export class WorkloadsStack extends PlatformStack {
  constructor(
    scope: Construct,
    private readonly props: WorkloadsStackProps,
  ) {
    super(scope, 'workloads', props, { description: 'Headend: what runs in the cluster' });
    const images = new BuiltImages(this, 'Images', { architecture: this.config.architecture });
    const inputs = platformInputs({ ...props, images });
    const charts = platformCharts(new App(), inputs);
    const identities = this.bindIdentities(inputs);

    const namespaces = this.applyLayer('namespaces', charts, []);
    const operators = new Operators(this, 'Operators', { ...props, inputs });
    operators.node.addDependency(...namespaces, ...identities);
    let previous: readonly Construct[] = [operators];
    for (const layer of layers.filter((each) => each !== 'namespaces')) {
      const applied = this.applyLayer(layer, charts, previous);
      if (applied.length > 0) previous = applied;
    }
    this.sayWhatComesNext();
  }

  private applyLayer(
    layer: PlatformChart['layer'],
    charts: readonly PlatformChart[],
    after: readonly Construct[],
  ): KubernetesManifest[] {
    return charts
      .filter((chart) => chart.layer === layer)
      .map((chart) => {
        const manifest = new KubernetesManifest(this, chart.node.id, {
          cluster: this.props.cluster.cluster,
          manifest: chart.toJson(),
          // An object that a failed first deployment left behind is taken over, not an error.
          overwrite: true,
          // Pruning follows labels of the old manifest and knows no custom resources: of what others depend on, nothing
          // may go because it moved.
          prune: layer === 'services' || layer === 'ingress',
        });
        manifest.node.addDependency(...after);
        return manifest;
      });
  }

  private bindIdentities(inputs: PlatformInputs): PodIdentity[] {
    return workloadIdentities(inputs).map(({ workload, namespace, serviceAccount }) =>
      new PodIdentity(this, `${workload}Identity`, {
        cluster: this.props.cluster.cluster,
        namespace,
        serviceAccount,
        description: `Headend: ${workload}`,
      }).allow(...this.permissionsOf(workload)),
    );
  }

  private permissionsOf(workload: string): PolicyStatement[] {
    const { region, storage } = this.props;
    switch (workload) {
      case 'packager':
        return packagerPermissions(
          { hlsArn: storage.hls.bucketArn, recordingsArn: storage.recordings.bucketArn },
          region,
        );
      case 'stream':
        return streamPermissions(
          this.config.fleet.map((each) => ({
            hlsArn: bucketArn(bucketName(this.config, 'hls', Aws.ACCOUNT_ID, each)),
            recordingsArn: bucketArn(bucketName(this.config, 'recordings', Aws.ACCOUNT_ID, each)),
          })),
        );
      default:
        throw new Error(`${workload} calls AWS, but nothing says what it may do: add it to permissionsOf`);
    }
  }

  private sayWhatComesNext(): void {
    const { region } = this.props;
    const names = hosts(this.config.domain.name);
    const rtmps = `rtmps://${names.ingest(region)}:${publicPorts.rtmps}/live`;
    const output = (id: string, value: string, description: string) => new CfnOutput(this, id, { value, description });
    const { home } = this.props.data;
    if (home) {
      output('Home', `https://${names.app}`, 'The product');
      output(
        'SmokeTest',
        `npx headend smoke --app-url https://${names.app} --media-url https://${names.media} --rtmp-url ${rtmps}`,
        'Checks the deployment from outside',
      );
      output(
        'FirstAdmin',
        `aws secretsmanager get-secret-value --region ${region} --query SecretString --output text --secret-id ${givenName(home.secrets.firstAdmin)}`,
        'Shows the login of the first administrator',
      );
    }
    output('IngestRtmps', rtmps, 'Where encoders push, with a stream key');
    output('IngestWhip', `https://${names.ingest(region)}/whip`, 'Where WHIP clients publish, with a stream key');
  }
}

function bucketArn(name: string): string {
  return `arn:${Aws.PARTITION}:s3:::${name}`;
}
