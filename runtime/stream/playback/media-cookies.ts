import { getSignedCookies } from '@aws-sdk/cloudfront-signer';
import { z } from 'zod';
import { readSecret } from '../../shared/environment';
import { hlsKeys, type MediaLocation } from '../../shared/media-layout';
import { mediaUrl } from '../streams/describe';

const signingKey = z.object({ keyPairId: z.string(), privateKey: z.string() });

/**
 * A cookie cannot be called back: this is how long somebody watches on who may no longer. A player asks for playback
 * every few seconds, which renews it.
 */
const validSeconds = 10 * 60;

export interface MediaCookies {
  /** `Set-Cookie` lines that open one stream's objects at the CDN, and nothing else. */
  open(at: MediaLocation, now: Date): readonly string[];
}

/** CloudFront signed cookies with a custom policy (CloudFront Developer Guide, "Use signed cookies"). */
export function createMediaCookies(options: {
  readonly keyFile: string;
  readonly mediaBaseUrl: string;
  readonly domain: string | undefined;
  readonly secure: boolean;
}): MediaCookies {
  return {
    open(at, now) {
      const { keyPairId, privateKey } = readSecret(options.keyFile, signingKey);
      const expires = new Date(now.getTime() + validSeconds * 1_000);
      const root = hlsKeys.root(at);
      const policy = JSON.stringify({
        Statement: [
          {
            Resource: mediaUrl(options.mediaBaseUrl, `${root}*`),
            Condition: { DateLessThan: { 'AWS:EpochTime': Math.floor(expires.getTime() / 1_000) } },
          },
        ],
      });
      const attributes = [
        `Path=/${root}`,
        'HttpOnly',
        'SameSite=Lax',
        `Expires=${expires.toUTCString()}`,
        ...(options.domain === undefined ? [] : [`Domain=${options.domain}`]),
        ...(options.secure ? ['Secure'] : []),
      ];
      return Object.entries(getSignedCookies({ policy, keyPairId, privateKey }))
        .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
        .map(([name, value]) => [`${name}=${value}`, ...attributes].join('; '));
    },
  };
}
