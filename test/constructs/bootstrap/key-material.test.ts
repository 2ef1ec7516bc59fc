import { createLocalJWKSet, importJWK, jwtVerify, SignJWT } from 'jose';
import { serviceKey, smtpPassword } from '../../../constructs/bootstrap/key-material/material';
import {
  type AccessKeys,
  type KeyMaterialProperties,
  provision,
  type SecretStore,
} from '../../../constructs/bootstrap/key-material/provision';

const properties: KeyMaterialProperties = {
  serviceKeys: { ingest: 'key/ingest', auth: 'key/auth' },
  serviceKeySet: 'jwks',
  signingKeys: 'signing',
  refreshKeys: 'refresh',
  linkKey: 'link',
  mediaKey: 'media',
  smtp: { secret: 'smtp', userName: 'sender', region: 'eu-west-1' },
};

class Secrets implements SecretStore {
  readonly values = new Map<string, string>();
  readonly written: string[] = [];

  async read(id: string) {
    return this.values.get(id);
  }

  async write(id: string, value: string) {
    this.values.set(id, value);
    this.written.push(id);
  }

  json(id: string) {
    return JSON.parse(this.values.get(id) ?? 'null');
  }
}

class Keys implements AccessKeys {
  readonly calls: string[] = [];

  async create(user: string) {
    this.calls.push(`create ${user}`);
    return { id: 'AKID', secret: 'secret' };
  }

  async deleteAll(user: string) {
    this.calls.push(`delete ${user}`);
  }
}

const now = () => new Date('2026-11-24T00:00:00Z');

describe('key material', () => {
  it('fills every secret, and a token signed with a service’s key verifies against the public set', async () => {
    const secrets = new Secrets();
    await provision(properties, secrets, new Keys(), now);
    expect([...secrets.values.keys()].sort()).toEqual(
      ['jwks', 'key/auth', 'key/ingest', 'link', 'media', 'refresh', 'signing', 'smtp'].sort(),
    );
    const key = secrets.json('key/ingest');
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'EdDSA', kid: key.kid })
      .sign(await importJWK(key, 'EdDSA'));
    await expect(jwtVerify(token, createLocalJWKSet(secrets.json('jwks')))).resolves.toBeDefined();
    expect(secrets.json('jwks').keys.some((each: object) => 'd' in each)).toBe(false);
  });

  it('changes nothing the second time', async () => {
    const secrets = new Secrets();
    await provision(properties, secrets, new Keys(), now);
    secrets.written.length = 0;
    const keys = new Keys();
    await provision(properties, secrets, keys, now);
    expect(secrets.written).toEqual([]);
    expect(keys.calls).toEqual([]);
  });

  it('keeps the keys that are there and makes a new service known to all', async () => {
    const secrets = new Secrets();
    const existing = serviceKey('ingest');
    secrets.values.set('key/ingest', JSON.stringify(existing));
    await provision(properties, secrets, new Keys(), now);
    expect(secrets.json('key/ingest')).toEqual(existing);
    expect(secrets.json('jwks').keys.map(({ kid }: { kid: string }) => kid)).toEqual(['ingest', 'auth']);
  });

  it('removes what a run that failed half-way left, before it makes an access key', async () => {
    const keys = new Keys();
    await provision(properties, new Secrets(), keys, now);
    expect(keys.calls).toEqual(['delete sender', 'create sender']);
  });

  it('makes the SMTP password by the rule of Amazon SES: version 4, then a SHA-256 signature, region by region', () => {
    const password = Buffer.from(smtpPassword('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'us-east-1'), 'base64');
    expect([password[0], password.length]).toEqual([4, 33]);
    expect(smtpPassword('a', 'us-east-1')).not.toBe(smtpPassword('a', 'eu-west-1'));
  });
});
