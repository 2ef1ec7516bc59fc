import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { EmptySecret } from './empty-secret';
import { KeyMaterial } from './key-material/key-material';

export interface PlatformSecretsProps {
  /** First part of every secret's name. */
  readonly prefix: string;
  /** Other regions of the fleet: they get copies of what their cells need. */
  readonly cellRegions: readonly string[];
  readonly firstAdminEmail: string;
  readonly mailFrom: string;
  readonly logRetention: RetentionDays;
}

/** Secrets that a cell has too: its pods prove who they are with them, wherever they run. */
export interface SharedSecrets {
  readonly livekitKeys: ISecret;
  readonly serviceJwks: ISecret;
  readonly serviceKeyIngest: ISecret;
  readonly serviceKeyPackager: ISecret;
}

const sharedNames: Readonly<Record<keyof SharedSecrets, string>> = {
  livekitKeys: 'livekit-keys',
  serviceJwks: 'service-jwks',
  serviceKeyIngest: 'service-key/ingest',
  serviceKeyPackager: 'service-key/packager',
};

/** What a cell finds of the home region's secrets: copies under the same names. */
export function replicatedSecrets(scope: Construct, prefix: string): SharedSecrets {
  const find = (name: keyof SharedSecrets) => Secret.fromSecretNameV2(scope, name, `${prefix}/${sharedNames[name]}`);
  return {
    livekitKeys: find('livekitKeys'),
    serviceJwks: find('serviceJwks'),
    serviceKeyIngest: find('serviceKeyIngest'),
    serviceKeyPackager: find('serviceKeyPackager'),
  };
}

/** Every secret that belongs to no server: keys, service identities, the first administrator, document-store users. */
export class PlatformSecrets extends Construct implements SharedSecrets {
  readonly livekitKeys: ISecret;
  readonly serviceJwks: ISecret;
  readonly serviceKeyIngest: ISecret;
  readonly serviceKeyPackager: ISecret;
  readonly serviceKeyAuth: ISecret;
  readonly serviceKeyStream: ISecret;
  readonly serviceKeyChat: ISecret;
  readonly serviceKeyAnalytics: ISecret;
  readonly authSigningKeys: ISecret;
  readonly authRefreshKeys: ISecret;
  readonly streamSecretsKey: ISecret;
  readonly mediaSigningKey: ISecret;
  readonly smtp: ISecret;
  readonly firstAdmin: ISecret;
  readonly mongoChat: ISecret;
  readonly mongoAnalytics: ISecret;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: PlatformSecretsProps,
  ) {
    super(scope, id);
    this.livekitKeys = this.generated('LivekitKeys', {
      name: sharedNames.livekitKeys,
      known: { apiKey: 'headend' },
      generate: 'apiSecret',
      replicated: true,
    });
    this.serviceJwks = this.empty('ServiceJwks', sharedNames.serviceJwks, 'Public keys of all services', true);
    const serviceKey = (service: string, replicated = false) =>
      this.empty(`ServiceKey-${service}`, `service-key/${service}`, `Signs service tokens of ${service}`, replicated);
    this.serviceKeyIngest = serviceKey('ingest', true);
    this.serviceKeyPackager = serviceKey('packager', true);
    this.serviceKeyAuth = serviceKey('auth');
    this.serviceKeyStream = serviceKey('stream');
    this.serviceKeyChat = serviceKey('chat');
    this.serviceKeyAnalytics = serviceKey('analytics');
    this.authSigningKeys = this.empty('AuthSigningKeys', 'auth/signing-keys', 'Sign user tokens');
    this.authRefreshKeys = this.empty('AuthRefreshKeys', 'auth/refresh-keys', 'Hash refresh tokens');
    this.streamSecretsKey = this.empty('StreamSecretsKey', 'stream/secrets-key', 'Signs share links and unlock grants');
    this.mediaSigningKey = this.empty(
      'MediaSigningKey',
      'stream/media-signing-key',
      'Signs cookies of private streams',
    );
    this.smtp = this.empty('Smtp', 'smtp', 'Credentials of Amazon SES');
    this.firstAdmin = this.generated('FirstAdmin', {
      name: 'first-admin',
      known: { email: props.firstAdminEmail, handle: 'admin' },
      generate: 'password',
    });
    this.mongoChat = this.login('MongoChat', 'mongo/chat', 'chat');
    this.mongoAnalytics = this.login('MongoAnalytics', 'mongo/analytics', 'analytics');

    new KeyMaterial(this, 'KeyMaterial', {
      serviceKeys: {
        ingest: this.serviceKeyIngest,
        packager: this.serviceKeyPackager,
        auth: this.serviceKeyAuth,
        stream: this.serviceKeyStream,
        chat: this.serviceKeyChat,
        analytics: this.serviceKeyAnalytics,
      },
      serviceKeySet: this.serviceJwks,
      signingKeys: this.authSigningKeys,
      refreshKeys: this.authRefreshKeys,
      linkKey: this.streamSecretsKey,
      mediaKey: this.mediaSigningKey,
      smtp: this.smtp,
      mailFrom: props.mailFrom,
      logRetention: props.logRetention,
    });
  }

  /** Those that no cell has a copy of. */
  get ofHomeOnly(): readonly ISecret[] {
    return [
      this.serviceKeyAuth,
      this.serviceKeyStream,
      this.serviceKeyChat,
      this.serviceKeyAnalytics,
      this.authSigningKeys,
      this.authRefreshKeys,
      this.streamSecretsKey,
      this.mediaSigningKey,
      this.smtp,
      this.firstAdmin,
      this.mongoChat,
      this.mongoAnalytics,
    ];
  }

  private empty(id: string, name: string, description: string, replicated = false): ISecret {
    const { prefix, cellRegions } = this.props;
    return new EmptySecret(this, id, {
      secretName: `${prefix}/${name}`,
      description,
      replicaRegions: replicated ? cellRegions : [],
    }).secret;
  }

  private login(id: string, name: string, username: string): ISecret {
    return this.generated(id, { name, known: { username }, generate: 'password' });
  }

  private generated(
    id: string,
    secret: {
      readonly name: string;
      readonly known: Readonly<Record<string, string>>;
      readonly generate: string;
      readonly replicated?: boolean;
    },
  ): ISecret {
    const { prefix, cellRegions } = this.props;
    return new Secret(this, id, {
      secretName: `${prefix}/${secret.name}`,
      generateSecretString: {
        secretStringTemplate: JSON.stringify(secret.known),
        generateStringKey: secret.generate,
        passwordLength: 48,
        excludePunctuation: true,
      },
      ...(secret.replicated && { replicaRegions: cellRegions.map((region) => ({ region })) }),
    }) as ISecret;
  }
}
