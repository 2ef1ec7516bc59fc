import { CreateAccessKeyCommand, DeleteAccessKeyCommand, IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { type AccessKeys, type KeyMaterialProperties, provision, type SecretStore } from './provision';

interface CustomResourceEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResourceProperties: KeyMaterialProperties;
}

const secretsManager = new SecretsManagerClient();
const iam = new IAMClient();

const secrets: SecretStore = {
  async read(SecretId) {
    try {
      return (await secretsManager.send(new GetSecretValueCommand({ SecretId }))).SecretString;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  },
  async write(SecretId, SecretString) {
    await secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString }));
  },
};

const accessKeys: AccessKeys = {
  async create(UserName) {
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    if (!AccessKey?.AccessKeyId || !AccessKey.SecretAccessKey) throw new Error('IAM returned no access key');
    return { id: AccessKey.AccessKeyId, secret: AccessKey.SecretAccessKey };
  },
  async deleteAll(UserName) {
    const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName }));
    for (const { AccessKeyId } of AccessKeyMetadata) {
      await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }));
    }
  },
};

/** Custom resource: fills secrets on create and update, removes on delete what would keep the IAM user from going. */
export async function handler({ RequestType, ResourceProperties }: CustomResourceEvent) {
  if (RequestType === 'Delete') await accessKeys.deleteAll(ResourceProperties.smtp.userName);
  else await provision(ResourceProperties, secrets, accessKeys, () => new Date());
  return { PhysicalResourceId: 'key-material' };
}
