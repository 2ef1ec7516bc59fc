import { App, CfnResource, Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Acknowledgement } from '../../lib/policy/acknowledgement';
import { HeadendPolicy } from '../../lib/policy/plugin';
import { readSubject } from '../../lib/policy/read-subject';
import type { Subject } from '../../lib/policy/subject';

const expectations = { retainData: false, deletionProtection: false, readReplicas: 0 };

function appWith(build: (stack: Stack) => void, acknowledgements: readonly Acknowledgement[] = []) {
  const app = new App({ context: { '@aws-cdk/core:validationReportJson': true } });
  build(new Stack(app, 'Home', { env: { region: 'eu-west-1' } }));
  const policy = new HeadendPolicy({ expectations, acknowledgements });
  Validations.of(app).addPlugins(policy);
  return { app, policy };
}

const openBucket = (stack: Stack) => new Bucket(stack, 'Recordings');

describe('the policy as a plugin', () => {
  let errors: jest.SpyInstance;
  beforeEach(() => {
    errors = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => errors.mockRestore());

  test('stops the synthesis of a broken stack, naming rule, place and fix', () => {
    const { app } = appWith(openBucket);
    let message = '';
    try {
      app.synth();
    } catch (error) {
      message = String(error);
    }
    const said = message + errors.mock.calls.flat().join('\n');
    expect(said).toContain('H17-buckets');
    expect(said).toContain('Home/Recordings/Resource');
    expect(said).toContain('refuse plain HTTP');
    expect(said).toContain('AwsSolutions-S1');
    expect(message !== '' || process.exitCode === 1).toBe(true);
    process.exitCode = 0;
  });

  test('lets it pass where every finding is acknowledged at that place, and says what was used', () => {
    const list = ['H17-buckets', 'AwsSolutions-S1', 'AwsSolutions-S10'].map((rule) => ({
      rule,
      scope: 'Home/Recordings',
      reason: 'a bucket of this test',
    }));
    const { app, policy } = appWith(openBucket, list);
    app.synth();
    expect(process.exitCode ?? 0).toBe(0);
    expect(policy.used).toEqual(new Set(list));
  });
});

describe('what the policy reads', () => {
  test('are the objects inside manifest resources, deploy-time values and image hashes standing in', () => {
    let subject: Subject | undefined;
    const app = new App();
    const stack = new Stack(app, 'Home');
    const hash = 'a'.repeat(64);
    new CfnResource(stack, 'Auth', {
      type: 'Custom::AWSCDK-EKS-KubernetesResource',
      properties: {
        Manifest: stack.toJsonString([
          {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            metadata: { name: 'auth', namespace: 'platform' },
            spec: {
              template: {
                spec: {
                  containers: [{ name: 'auth', image: `${stack.account}.dkr.ecr.example.com/assets:${hash}`, env: [] }],
                },
              },
            },
          },
        ]),
      },
    });
    new CfnResource(stack, 'Nginx', {
      type: 'Custom::AWSCDK-EKS-HelmChart',
      properties: { Chart: 'nginx-ingress', Version: '2.6.4' },
    });
    Validations.of(app).addPlugins({
      name: 'reader',
      validate(context) {
        subject = readSubject(context.appConstruct, context.stackTemplates, expectations);
        return { success: true, violations: [] };
      },
    });
    app.synth();
    expect(subject?.objects).toMatchObject([
      {
        kind: 'Deployment',
        spec: {
          template: {
            spec: { containers: [{ image: `deploy-time-value.dkr.ecr.example.com/assets:${hash}` }] },
          },
        },
      },
    ]);
    expect(subject?.releases).toEqual([{ path: 'Home/Nginx', chart: 'nginx-ingress', version: '2.6.4' }]);
    expect(subject?.stacks).toMatchObject([{ path: 'Home', resourceCount: 2 }]);
  });
});
