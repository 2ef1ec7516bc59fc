import { CustomResource, Duration } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Architecture, Function as Code, type IFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { bundledCode } from '../functions/bundled-code';
import type { MediaZoneSettings } from './handler/settings';

export interface CloudflareMediaProps {
  /** Zone, account, host, bucket and owner. */
  readonly settings: MediaZoneSettings;
  readonly logRetention: RetentionDays;
  /**
   * How often what others changed by hand is put right.
   *
   * @default - every hour
   */
  readonly repairEvery?: Duration;
}

/**
 * Media delivery by Cloudflare: an R2 bucket behind a host name of the zone, and our rules beside those of others.
 * CloudFormation has no types for any of it, so a function calls the API with Cloudflare's own SDK.
 */
export class CloudflareMedia extends Construct {
  constructor(scope: Construct, id: string, { settings, logRetention, repairEvery }: CloudflareMediaProps) {
    super(scope, id);
    const reconcile = new Code(this, 'Reconcile', {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: bundledCode('constructs/cloudflare/handler/index.ts'),
      description: `Keeps bucket and rules of ${settings.host} at Cloudflare as they are written here`,
      // Six attempts with back-off at each of some twenty calls.
      timeout: Duration.minutes(10),
      memorySize: 256,
      logGroup: new LogGroup(this, 'Logs', { retention: logRetention }),
    });
    Secret.fromSecretNameV2(this, 'Token', settings.tokenSecret).grantRead(reconcile);

    const provider = new Provider(this, 'Provider', {
      onEventHandler: reconcile as IFunction,
      logGroup: new LogGroup(this, 'ProviderLogs', { retention: logRetention }),
    });
    new CustomResource(this, 'Resource', {
      resourceType: 'Custom::HeadendCloudflareMedia',
      serviceToken: provider.serviceToken,
      properties: settings,
    });
    new Rule(this, 'Repair', {
      description: 'Puts right what was changed by hand at Cloudflare',
      schedule: Schedule.rate(repairEvery ?? Duration.hours(1)),
      targets: [
        new LambdaFunction(reconcile as IFunction, {
          event: RuleTargetInput.fromObject({ RequestType: 'Repair', ResourceProperties: settings }),
          retryAttempts: 0,
        }),
      ],
    });
  }
}
