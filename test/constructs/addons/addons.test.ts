import { KubectlV36Layer } from '@aws-cdk/lambda-layer-kubectl-v36';
import { Cluster, DefaultCapacityType, type ICluster, KubernetesVersion } from 'aws-cdk-lib/aws-eks-v2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { CertManager } from '../../../constructs/addons/cert-manager';
import { charts } from '../../../constructs/addons/charts';
import { ClusterAutoscaler } from '../../../constructs/addons/cluster-autoscaler';
import { ExternalSecrets } from '../../../constructs/addons/external-secrets';
import { Karpenter } from '../../../constructs/addons/karpenter';
import { LoadBalancerController } from '../../../constructs/addons/load-balancer-controller';
import { NginxIngress } from '../../../constructs/addons/nginx-ingress';
import { RegionFixture } from '../support';

const stack = new RegionFixture();
const cluster = new Cluster(stack, 'Cluster', {
  version: KubernetesVersion.V1_36,
  vpc: stack.vpc,
  clusterName: 'headend-prod',
  defaultCapacityType: DefaultCapacityType.NODEGROUP,
  defaultCapacity: 0,
  kubectlProviderOptions: { kubectlLayer: new KubectlV36Layer(stack, 'Kubectl') },
}) as ICluster;
const placement = { cluster, namespace: 'system' };
const targetGroup = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/1';

new LoadBalancerController(stack, 'Lbc', { ...placement, vpc: stack.vpc, targetGroupArns: [targetGroup] });
new CertManager(stack, 'CertManager', { ...placement, hostedZoneId: 'Z1' });
new ExternalSecrets(stack, 'ExternalSecrets', {
  ...placement,
  secrets: [
    new Secret(stack, 'Known') as ISecret,
    Secret.fromSecretNameV2(stack, 'Copied', 'headend-prod/service-jwks'),
  ],
});
new Karpenter(stack, 'Karpenter', {
  ...placement,
  clusterName: 'headend-prod',
  nodeRole: new Role(stack, 'Nodes', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }),
  interruptions: new Queue(stack, 'Interruptions') as IQueue,
});
new ClusterAutoscaler(stack, 'Autoscaler', { ...placement, clusterName: 'headend-prod' });
new NginxIngress(stack, 'Nginx', {
  cluster,
  namespace: 'ingress',
  name: 'nginx-chat',
  httpsPort: 8443,
  replicas: 3,
  cpuMillis: 500,
  memoryMiB: 1_024,
  vpcCidr: '10.18.0.0/16',
});
const template = stack.template;

interface Statement {
  readonly Sid: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Statements of the roles below a construct. */
function statementsOf(construct: string): Statement[] {
  return Object.entries(template.findResources('AWS::IAM::Policy'))
    .filter(([id]) => id.startsWith(construct))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
}

/** Values of a release; tokens in them show as text. */
function valuesOf(release: string): Record<string, unknown> {
  const [chart] = Object.values(
    template.findResources('Custom::AWSCDK-EKS-HelmChart', { Properties: { Release: release } }),
  );
  const values = chart?.Properties.Values;
  const text =
    typeof values === 'string'
      ? values
      : values['Fn::Join'][1].map((part: unknown) => (typeof part === 'string' ? part : 'token')).join('');
  return JSON.parse(text);
}

describe('vendors’ charts', () => {
  it('come from their own repositories at exact versions, and none is the retired community controller', () => {
    for (const [name, { chart, repository, version }] of Object.entries(charts)) {
      expect({ name, version }).toEqual({ name, version: expect.stringMatching(/^v?\d+\.\d+\.\d+$/) });
      expect(`${repository}/${chart}`).not.toMatch(/ingress-nginx/);
    }
    expect(charts['nginx-ingress'].repository).toMatch(/nginx\/charts\/nginx-ingress$/);
  });

  it('are waited for, within the time of the handler', () => {
    template.allResourcesProperties('Custom::AWSCDK-EKS-HelmChart', {
      Wait: true,
      Timeout: '600s',
    });
  });
});

describe('the load balancer controller', () => {
  it('registers pods in the target groups it is given, and may do nothing else', () => {
    const [register, describeAll, ...rest] = statementsOf('Lbc');
    expect(register).toMatchObject({
      Action: ['elasticloadbalancing:DeregisterTargets', 'elasticloadbalancing:RegisterTargets'],
      Resource: targetGroup,
    });
    expect([describeAll?.Action].flat().every((action) => /:Describe/.test(action ?? ''))).toBe(true);
    expect(rest).toEqual([]);
  });
});

describe('cert-manager', () => {
  it('writes proofs into one zone, and no other records', () => {
    expect(statementsOf('CertManager')[0]).toMatchObject({
      Action: ['route53:ChangeResourceRecordSets', 'route53:ListResourceRecordSets'],
      Condition: { 'ForAllValues:StringEquals': { 'route53:ChangeResourceRecordSetsRecordTypes': ['TXT'] } },
    });
  });
});

describe('External Secrets', () => {
  it('reads the secrets it is given, by full ARN or by name with its six characters', () => {
    const [read] = statementsOf('ExternalSecrets');
    expect(read?.Action).toEqual(['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue']);
    expect(read?.Resource).toHaveLength(2);
    expect(JSON.stringify(read?.Resource)).toContain('headend-prod/service-jwks-??????');
  });
});

describe('Karpenter', () => {
  it('creates, tags and removes only what carries its cluster’s tag', () => {
    const changing = statementsOf('Karpenter').filter(
      ({ Sid }) =>
        ![
          'LaunchFrom',
          'Look',
          'FindImages',
          'ReadPrices',
          'ReadWarnings',
          'FindCluster',
          'ReadInstanceProfile',
          'GiveNodesTheirRole',
        ].includes(Sid),
    );
    expect(changing.length).toBeGreaterThan(5);
    for (const statement of changing) {
      expect(JSON.stringify(statement.Condition)).toContain('kubernetes.io/cluster/headend-prod":"owned"');
    }
  });

  it('passes the nodes’ role to EC2 and to nothing else', () => {
    const pass = statementsOf('Karpenter').filter(({ Action }) => Action === 'iam:PassRole');
    expect(pass).toEqual([
      expect.objectContaining({
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^Nodes/), 'Arn'] },
        Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
      }),
    ]);
  });
});

describe('Cluster Autoscaler', () => {
  it('resizes the groups of its cluster only', () => {
    expect(statementsOf('Autoscaler')[0]).toMatchObject({
      Sid: 'Resize',
      Condition: { StringEquals: { 'aws:ResourceTag/k8s.io/cluster-autoscaler/headend-prod': 'owned' } },
    });
  });
});

describe('NGINX', () => {
  const { controller } = valuesOf('nginx-chat') as { controller: Record<string, never> };

  it('lets no Ingress write configuration, and is not the default class', () => {
    expect(controller).toMatchObject({
      enableSnippets: false,
      enableConfigSafety: true,
      ingressClass: { name: 'nginx-chat', create: true, setAsDefaultIngress: false },
    });
  });

  it('serves HTTPS on the port that its target group sends to', () => {
    expect(controller).toMatchObject({
      containerPort: { https: 8443 },
      service: {
        type: 'ClusterIP',
        httpPort: { enable: false },
        httpsPort: { enable: true, port: 8443, targetPort: 8443 },
      },
    });
  });

  it('gives sockets an hour after a reload and after a rollout', () => {
    expect(controller).toMatchObject({
      config: { entries: { 'worker-shutdown-timeout': '3600s' } },
      terminationGracePeriodSeconds: 3_660,
    });
  });
});
