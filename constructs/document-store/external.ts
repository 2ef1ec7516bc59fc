import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { DocumentStore } from './document-store';

export interface ExternalMongoProps {
  /** Connection string without credentials. */
  readonly url: string;
  /** Secret with JSON `{ username, password }` of a user that may make users. */
  readonly secretName: string;
}

/** A MongoDB that somebody else runs. */
export class ExternalMongo extends Construct implements DocumentStore {
  readonly url: string;
  readonly port: number;
  readonly certificateAuthority = 'public';
  readonly adminSecret: ISecret;

  constructor(scope: Construct, id: string, { url, secretName }: ExternalMongoProps) {
    super(scope, id);
    this.url = url;
    this.port = Number(/:(\d+)(?:[/,?]|$)/.exec(url.replace(/^\w+(\+srv)?:\/\//, ''))?.[1] ?? 27017);
    this.adminSecret = Secret.fromSecretNameV2(this, 'AdminSecret', secretName);
  }
}
