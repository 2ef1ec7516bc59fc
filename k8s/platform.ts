import type { App } from 'cdk8s';
import { AppIngressChart } from './charts/app-ingress';
import { BootstrapChart } from './charts/bootstrap';
import { DefaultPoliciesChart } from './charts/default-policies';
import { ExternalSecretsChart } from './charts/external-secrets';
import { AnalyticsChart, AuthChart, ChatChart, StreamChart, WebChart } from './charts/home-services';
import { IngestChart } from './charts/ingest';
import { IssuersChart } from './charts/issuers';
import { LivekitChart } from './charts/livekit';
import { MediaIngressChart } from './charts/media-ingress';
import { NamespacesChart } from './charts/namespaces';
import { NodePoolsChart } from './charts/node-pools';
import { PackagerChart } from './charts/packager';
import { layers, type PlatformChart } from './charts/platform-chart';
import type { PlatformInputs, WorkloadIdentity } from './inputs';
import { namespaces } from './names';
import { platformFlows } from './platform-flows';

/**
 * The charts of one cell in the order of application: those of a layer need what the layers before it made. Operators
 * (Helm) go between `namespaces` and `resources`: these hold objects of their kinds.
 */
export function platformCharts(app: App, inputs: PlatformInputs): readonly PlatformChart[] {
  const flows = platformFlows(inputs);
  const ingest = new IngestChart(app, inputs, flows);
  const livekit = new LivekitChart(app, inputs);
  const charts: PlatformChart[] = [
    new NamespacesChart(app),
    new DefaultPoliciesChart(app, inputs),
    new ExternalSecretsChart(app, inputs),
    new IssuersChart(app, inputs),
    ...(inputs.figures.karpenter.enabled ? [new NodePoolsChart(app, inputs)] : []),
    livekit,
    ingest,
    new PackagerChart(app, inputs, flows),
    new MediaIngressChart(app, inputs, { ingest: ingest.workload.service, livekit: livekit.service }),
  ];
  if (inputs.role === 'home') {
    const auth = new AuthChart(app, inputs, flows);
    const stream = new StreamChart(app, inputs, flows);
    const chat = new ChatChart(app, inputs, flows);
    const analytics = new AnalyticsChart(app, inputs, flows);
    const web = new WebChart(app, inputs, flows);
    const workloads = {
      auth: auth.workload,
      stream: stream.workload,
      chat: chat.workload,
      analytics: analytics.workload,
      web: web.workload,
    };
    charts.push(
      new BootstrapChart(app, inputs, flows),
      auth,
      stream,
      chat,
      analytics,
      web,
      new AppIngressChart(app, inputs, workloads),
    );
  }
  return charts.sort((a, b) => layers.indexOf(a.layer) - layers.indexOf(b.layer));
}

/** The workloads that call AWS, by the ServiceAccount to bind a role to. */
export function workloadIdentities(inputs: PlatformInputs): readonly WorkloadIdentity[] {
  return platformFlows(inputs)
    .filter(({ to }) => to === 'pod-identity')
    .map(({ from }) => ({ namespace: namespaces.platform, serviceAccount: from, workload: from }));
}
