import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/** What the services need to know of a document store, whoever runs it. */
export interface DocumentStore {
  /** Connection string without credentials. */
  readonly url: string;
  readonly port: number;
  /** Who signed its certificate: Amazon's database CA, whose bundle is in the images, or one that Node knows. */
  readonly certificateAuthority: 'amazon-rds' | 'public';
  /** JSON `{ username, password }` of the user that makes the services' users. */
  readonly adminSecret: ISecret;
  /** For backups; absent where the provider makes them. */
  readonly clusterArn?: string;
}
