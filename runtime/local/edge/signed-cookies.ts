import { type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { cloudFrontPattern } from './path-pattern';

/** Public keys by the id that CloudFront would have given them. */
export type KeyGroup = ReadonlyMap<string, KeyObject>;

export type CookieVerdict =
  | 'allowed'
  | 'cookies-missing'
  | 'key-unknown'
  | 'signature-wrong'
  | 'policy-malformed'
  | 'url-not-covered'
  | 'not-yet'
  | 'expired';

const epochTime = z.strictObject({ 'AWS:EpochTime': z.number().int() });

/** A custom policy: one statement. A condition that is not understood, an address range for instance, lets nobody in. */
const policySchema = z.strictObject({
  Statement: z.tuple([
    z.strictObject({
      Resource: z.string(),
      Condition: z.strictObject({ DateLessThan: epochTime, DateGreaterThan: epochTime.optional() }),
    }),
  ]),
});

/**
 * What a CloudFront key group says to a request (CloudFront Developer Guide, "Set signed cookies using a custom policy"):
 * the three cookies, a signature of the policy by a key of the group, a resource that covers the URL, and the time.
 *
 * @param cookieHeader as the viewer sent it
 * @param url the whole URL without its query, as the policy names it
 */
export function checkSignedCookies(
  cookieHeader: string | undefined,
  url: string,
  keyGroup: KeyGroup,
  now: Date,
): CookieVerdict {
  const cookies = parseCookies(cookieHeader ?? '');
  const policyText = cookies.get('CloudFront-Policy');
  const signature = cookies.get('CloudFront-Signature');
  const keyId = cookies.get('CloudFront-Key-Pair-Id');
  if (policyText === undefined || signature === undefined || keyId === undefined) return 'cookies-missing';
  const key = keyGroup.get(keyId);
  if (!key) return 'key-unknown';
  const policy = decode(policyText);
  if (!verify('RSA-SHA1', policy, key, decode(signature))) return 'signature-wrong';
  return checkPolicy(policy.toString(), url, now);
}

function checkPolicy(text: string, url: string, now: Date): CookieVerdict {
  const parsed = policySchema.safeParse(parseJson(text));
  if (!parsed.success) return 'policy-malformed';
  const [{ Resource, Condition }] = parsed.data.Statement;
  if (!new RegExp(cloudFrontPattern(Resource)).test(url)) return 'url-not-covered';
  const seconds = now.getTime() / 1_000;
  if (Condition.DateGreaterThan && seconds <= Condition.DateGreaterThan['AWS:EpochTime']) return 'not-yet';
  return seconds < Condition.DateLessThan['AWS:EpochTime'] ? 'allowed' : 'expired';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first of a name counts: a browser sends the most specific path first. */
function parseCookies(header: string): ReadonlyMap<string, string> {
  const pairs = header.split(';').map((pair): [string, string] => {
    const [name = '', value = ''] = pair.trim().split(/=(.*)/s);
    return [name, value];
  });
  return new Map(pairs.reverse());
}

/** CloudFront's base 64, whose alphabet is safe in a cookie. */
const decode = (text: string) =>
  Buffer.from(text.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64');
