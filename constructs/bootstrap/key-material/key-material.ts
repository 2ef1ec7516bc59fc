import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, User } from 'aws-cdk-lib/aws-iam';
import { Architecture, type IFunction, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { bundledCode } from '../../functions/bundled-code';
import type { KeyMaterialProperties } from './provision';

export interface KeyMaterialProps {
  /** Secret of each service that signs service tokens. */
  readonly serviceKeys: Readonly<Record<string, ISecret>>;
  readonly serviceKeySet: ISecret;
  readonly signingKeys: ISecret;
  readonly refreshKeys: ISecret;
  /** Signs share links and unlock grants. */
  readonly linkKey: ISecret;
  readonly mediaKey: ISecret;
  readonly smtp: ISecret;
  /** The only address mail may come from. */
  readonly mailFrom: string;
  readonly logRetention: RetentionDays;
}

/** Makes the keys that Secrets Manager cannot make itself. Their values never leave the function and the secrets. */
export class KeyMaterial extends Construct {
  constructor(scope: Construct, id: string, props: KeyMaterialProps) {
    super(scope, id);
    const sender = new User(this, 'MailSender');
    sender.addToPolicy(
      new PolicyStatement({
        actions: ['ses:SendRawEmail'],
        // Sending is limited by who the mail is from; the identity's own ARN would not cover its configuration set.
        resources: ['*'],
        conditions: { StringEquals: { 'ses:FromAddress': props.mailFrom } },
      }),
    );
    const logGroup = new LogGroup(this, 'Logs', { retention: props.logRetention });
    const onEventHandler = new LambdaFunction(this, 'Function', {
      runtime: Runtime.NODEJS_22_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: bundledCode('constructs/bootstrap/key-material/handler.ts'),
      description: 'Makes signing keys and mail credentials once',
      timeout: Duration.minutes(2),
      memorySize: 256,
      logGroup,
    });
    onEventHandler.addToRolePolicy(
      new PolicyStatement({
        actions: ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:ListAccessKeys'],
        resources: [sender.userArn],
      }),
    );
    const provider = new Provider(this, 'Provider', {
      onEventHandler: onEventHandler as IFunction,
      logGroup: new LogGroup(this, 'ProviderLogs', { retention: props.logRetention }),
    });
    const { serviceKeys, serviceKeySet, signingKeys, refreshKeys, linkKey, mediaKey, smtp } = props;
    const singles = { serviceKeySet, signingKeys, refreshKeys, linkKey, mediaKey };
    for (const secret of [...Object.values(serviceKeys), ...Object.values(singles), smtp]) {
      secret.grantRead(onEventHandler);
      secret.grantWrite(onEventHandler);
    }
    const properties: KeyMaterialProperties = {
      serviceKeys: mapValues(serviceKeys, ({ secretArn }) => secretArn),
      ...mapValues(singles, ({ secretArn }) => secretArn),
      smtp: { secret: smtp.secretArn, userName: sender.userName, region: Stack.of(this).region },
    };
    new CustomResource(this, 'Keys', {
      serviceToken: provider.serviceToken,
      resourceType: 'Custom::HeadendKeys',
      properties,
    });
  }
}

function mapValues<K extends string, T, R>(record: Readonly<Record<K, T>>, convert: (value: T) => R): Record<K, R> {
  const entries = Object.entries<T>(record).map(([key, value]) => [key, convert(value)] as const);
  return Object.fromEntries(entries) as Record<K, R>;
}
