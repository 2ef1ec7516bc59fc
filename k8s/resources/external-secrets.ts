import { defineCustomResource } from './custom-resource';

/** External Secrets Operator, `external-secrets.io/v1`. */

export interface SecretStoreSpec {
  readonly provider: { readonly aws: { readonly service: 'SecretsManager'; readonly region: string } };
}

export class SecretStore extends defineCustomResource<SecretStoreSpec>('external-secrets.io/v1', 'SecretStore') {}

export interface ExternalSecretSpec {
  readonly refreshInterval: string;
  readonly secretStoreRef: { readonly name: string; readonly kind: 'SecretStore' };
  readonly target: {
    readonly name: string;
    readonly creationPolicy: 'Owner';
    readonly deletionPolicy: 'Retain';
    readonly template?: {
      readonly engineVersion: 'v2';
      readonly data: Readonly<Record<string, string>>;
    };
  };
  readonly data?: readonly { readonly secretKey: string; readonly remoteRef: { readonly key: string } }[];
  /** All fields of a JSON secret, for a template. */
  readonly dataFrom?: readonly { readonly extract: { readonly key: string } }[];
}

export class ExternalSecret extends defineCustomResource<ExternalSecretSpec>(
  'external-secrets.io/v1',
  'ExternalSecret',
) {}
