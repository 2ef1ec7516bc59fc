import {
  linkKey,
  publicKeySet,
  refreshKeys,
  type ServiceKey,
  serviceKey,
  signingKeys,
  smtpPassword,
  unknownMediaKey,
} from './material';

/** Ids of the secrets to fill. */
export interface KeyMaterialProperties {
  readonly serviceKeys: Readonly<Record<string, string>>;
  readonly serviceKeySet: string;
  readonly signingKeys: string;
  readonly refreshKeys: string;
  readonly linkKey: string;
  readonly mediaKey: string;
  readonly smtp: { readonly secret: string; readonly userName: string; readonly region: string };
}

export interface SecretStore {
  /** The current value; `undefined` when there never was one. */
  read(secretId: string): Promise<string | undefined>;
  write(secretId: string, value: string): Promise<void>;
}

export interface AccessKeys {
  create(userName: string): Promise<{ readonly id: string; readonly secret: string }>;
  deleteAll(userName: string): Promise<void>;
}

/** Fills every secret that has no value yet. What exists is never changed, so it may run at every deployment. */
export async function provision(
  properties: KeyMaterialProperties,
  secrets: SecretStore,
  accessKeys: AccessKeys,
  now: () => Date,
): Promise<void> {
  const keep = async (secretId: string, make: () => unknown | Promise<unknown>): Promise<unknown> => {
    const existing = await secrets.read(secretId);
    if (existing !== undefined) return JSON.parse(existing);
    const value = await make();
    await secrets.write(secretId, JSON.stringify(value));
    return value;
  };

  const keys: ServiceKey[] = [];
  for (const [service, secretId] of Object.entries(properties.serviceKeys)) {
    keys.push((await keep(secretId, () => serviceKey(service))) as ServiceKey);
  }
  // Derived, so it follows its sources: a service that is new here is known to all after this.
  const keySet = JSON.stringify(publicKeySet(keys));
  if ((await secrets.read(properties.serviceKeySet)) !== keySet) await secrets.write(properties.serviceKeySet, keySet);

  await keep(properties.signingKeys, () => signingKeys(now()));
  await keep(properties.refreshKeys, refreshKeys);
  await keep(properties.linkKey, linkKey);
  await keep(properties.mediaKey, unknownMediaKey);

  const { secret, userName, region } = properties.smtp;
  await keep(secret, async () => {
    // A run that failed between the two steps left a key whose secret is lost.
    await accessKeys.deleteAll(userName);
    const key = await accessKeys.create(userName);
    return { username: key.id, password: smtpPassword(key.secret, region) };
  });
}
