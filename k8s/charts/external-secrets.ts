import type { Construct } from 'constructs';
import type { CellInputs, PlatformInputs } from '../inputs';
import { namespaces } from '../names';
import { ExternalSecret, SecretStore } from '../resources/external-secrets';
import { livekitRedis, livekitServerKeys, type SecretName, secrets } from '../secrets';
import { PlatformChart } from './platform-chart';

const storeName = 'aws-secrets-manager';

/** A rotated secret is in the pods this long after at most, plus the kubelet's own minute. */
const refreshInterval = '5m';

/** Copies secrets from AWS Secrets Manager into Secrets that pods mount. */
export class ExternalSecretsChart extends PlatformChart {
  constructor(scope: Construct, inputs: PlatformInputs) {
    super(scope, 'external-secrets', 'resources');
    this.addStore(namespaces.platform, inputs);
    this.addStore(namespaces.media, inputs);
    for (const [name, remote] of Object.entries(inputs.secrets) as [SecretName, string][]) {
      if (name !== 'redisLivekit') this.addSecret(name, remote);
    }
    this.addTemplated(livekitServerKeys, inputs.secrets.livekitKeys);
    this.addTemplated(livekitRedis, inputs.secrets.redisLivekit);
  }

  private addStore(namespace: string, { region }: CellInputs): void {
    new SecretStore(this, `store-${namespace}`, {
      metadata: { name: storeName, namespace },
      spec: { provider: { aws: { service: 'SecretsManager', region } } },
    });
  }

  private addSecret(name: SecretName, remote: string): void {
    const { name: secret, file } = secrets[name];
    new ExternalSecret(this, secret, {
      metadata: { name: secret, namespace: namespaces.platform },
      spec: { ...copied(secret), data: [{ secretKey: file, remoteRef: { key: remote } }] },
    });
  }

  /** For LiveKit, which reads formats of its own. */
  private addTemplated({ name, file, template }: typeof livekitServerKeys | typeof livekitRedis, remote: string): void {
    const { target, ...rest } = copied(name);
    new ExternalSecret(this, name, {
      metadata: { name, namespace: namespaces.media },
      spec: {
        ...rest,
        target: { ...target, template: { engineVersion: 'v2', data: { [file]: template } } },
        dataFrom: [{ extract: { key: remote } }],
      },
    });
  }
}

function copied(name: string) {
  return {
    refreshInterval,
    secretStoreRef: { name: storeName, kind: 'SecretStore' },
    // A Secret outlives a mistake in its source: pods that restart meanwhile still find it.
    target: { name, creationPolicy: 'Owner', deletionPolicy: 'Retain' },
  } as const;
}
