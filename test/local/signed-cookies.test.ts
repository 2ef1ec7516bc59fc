import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { getSignedCookies } from '@aws-sdk/cloudfront-signer';
import { checkSignedCookies, type KeyGroup } from '../../runtime/local/edge/signed-cookies';

const now = new Date('2026-01-01T12:00:00Z');
const seconds = (date: Date) => Math.floor(date.getTime() / 1_000);
const base = 'https://media.test/private/us-east-1/';

const pair = (id: string) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return { id, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
};
const [current, next, stranger] = [pair('K1'), pair('K2'), pair('K3')];
const keyGroup: KeyGroup = new Map([current, next].map(({ id, privateKey }) => [id, createPublicKey(privateKey)]));

/** A browser's Cookie header after AWS's own signer. */
function signed(policy: object | string, { id, privateKey } = current): string {
  const text = typeof policy === 'string' ? policy : JSON.stringify(policy);
  const cookies = getSignedCookies({ policy: text, keyPairId: id, privateKey });
  return Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ');
}

const policyFor = (resource: string, condition: object = {}) => ({
  Statement: [
    { Resource: resource, Condition: { DateLessThan: { 'AWS:EpochTime': seconds(now) + 60 }, ...condition } },
  ],
});
const own = policyFor(`${base}st_1/*`);
const epoch = (offset: number) => ({ 'AWS:EpochTime': seconds(now) + offset });

describe('signed cookies', () => {
  test.each([
    ['of the key that signs now', signed(own), 'allowed'],
    ['of the key that is next', signed(own, next), 'allowed'],
    ['of a stranger’s key', signed(own, stranger), 'key-unknown'],
    ['of a stranger’s key under a known id', signed(own, { ...stranger, id: 'K1' }), 'signature-wrong'],
    ['for another stream', signed(policyFor(`${base}st_2/*`)), 'url-not-covered'],
    ['for a stream whose id begins alike', signed(policyFor(`${base}st/*`)), 'url-not-covered'],
    ['for another host', signed(policyFor('https://other.test/private/us-east-1/st_1/*')), 'url-not-covered'],
    ['whose resource would match as an expression', signed(policyFor(`${base}st.1/*`)), 'url-not-covered'],
    ['with `?` for one character', signed(policyFor(`${base}st?1/*`)), 'allowed'],
    ['that have run out', signed(policyFor(`${base}st_1/*`, { DateLessThan: epoch(0) })), 'expired'],
    ['that do not hold yet', signed(policyFor(`${base}st_1/*`, { DateGreaterThan: epoch(5) })), 'not-yet'],
    ['that hold for some time already', signed(policyFor(`${base}st_1/*`, { DateGreaterThan: epoch(-5) })), 'allowed'],
    [
      'bound to an address, which is not checked here',
      signed(policyFor(`${base}st_1/*`, { IpAddress: { 'AWS:SourceIp': '198.51.100.0/24' } })),
      'policy-malformed',
    ],
    ['with a second statement', signed({ Statement: [...own.Statement, ...own.Statement] }), 'policy-malformed'],
    ['whose policy is no JSON', signed('{"Statement"'), 'policy-malformed'],
    ['of which one is missing', signed(own).replace(/CloudFront-Key-Pair-Id=[^;]*/, 'x=y'), 'cookies-missing'],
    ['without a signature', signed(own).replace(/(CloudFront-Signature=)[^;]*/, '$1'), 'signature-wrong'],
    ['among others', `theme=dark; ${signed(own)}; last=1`, 'allowed'],
  ])('%s', (_, cookies, verdict) => {
    expect(checkSignedCookies(cookies, `${base}st_1/720p/live.m3u8`, keyGroup, now)).toBe(verdict);
  });

  test('that are not there let nobody in', () => {
    expect(checkSignedCookies(undefined, `${base}st_1/index.m3u8`, keyGroup, now)).toBe('cookies-missing');
  });

  test('whose policy was changed after it was signed are refused', () => {
    const [genuine, forged] = [signed(policyFor(`${base}st_2/*`)), signed(own)].map((header) =>
      Object.fromEntries(header.split('; ').map((each) => each.split(/=(.*)/s).slice(0, 2))),
    );
    const mixed = Object.entries({ ...genuine, 'CloudFront-Policy': forged?.['CloudFront-Policy'] })
      .map(([name, value]) => `${name}=${value}`)
      .join('; ');
    expect(checkSignedCookies(mixed, `${base}st_1/index.m3u8`, keyGroup, now)).toBe('signature-wrong');
  });
});
