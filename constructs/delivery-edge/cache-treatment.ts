import { type MediaAccess, mediaPrefixes, type ObjectClass, objectClasses } from '../../runtime/shared/media-layout';

/** How the edge caches a group of object classes. CloudFront allows 20 cache policies per account: classes share them. */
export interface CacheTreatment {
  /** Construct id, and part of the policies' names. */
  readonly name: string;
  readonly minTtlSeconds: number;
  readonly defaultTtlSeconds: number;
  readonly maxTtlSeconds: number;
  /** Text is worth compressing; media is not. */
  readonly compress: boolean;
  /**
   * Cache-Control forced on every answer, errors too; absent where the object's own header stands. A response-headers
   * policy also covers errors, so forcing `immutable` would let a browser keep a 404 for a year.
   */
  readonly forcedCacheControl?: string;
}

const day = 86_400;

/**
 * The treatment of one object class. A minimum TTL of at least one second keeps request collapsing on whatever the
 * object's own header says (CloudFront Developer Guide, "Simultaneous requests for the same object").
 */
export function cacheTreatment({ maxAgeSeconds, immutable, compress }: ObjectClass): CacheTreatment {
  const kind = compress ? 'Text' : 'Media';
  if (immutable) {
    return {
      name: `Immutable${kind}`,
      minTtlSeconds: day,
      defaultTtlSeconds: maxAgeSeconds,
      maxTtlSeconds: maxAgeSeconds,
      compress,
    };
  }
  return {
    name: `Live${kind}${maxAgeSeconds}s`,
    minTtlSeconds: 1,
    defaultTtlSeconds: maxAgeSeconds,
    maxTtlSeconds: maxAgeSeconds * 2,
    compress,
    forcedCacheControl: `public, max-age=${maxAgeSeconds}`,
  };
}

/** For a path that is no known object: short enough that nothing can freeze, long enough to collapse a stampede. */
export const unknownObjectTreatment: CacheTreatment = {
  name: 'UnknownObject',
  minTtlSeconds: 1,
  defaultTtlSeconds: 1,
  maxTtlSeconds: 1,
  compress: false,
};

/**
 * All of a private stream: one behaviour instead of one per class, since CloudFront allows few. The packager's own
 * Cache-Control decides between the bounds.
 */
export const signedTreatment: CacheTreatment = {
  name: 'Signed',
  minTtlSeconds: 1,
  defaultTtlSeconds: 1,
  maxTtlSeconds: objectClasses.mediaSegment.maxAgeSeconds,
  compress: true,
};

export interface MediaPath {
  /** CloudFront path pattern that matches one region's objects of one class. */
  readonly pattern: string;
  readonly access: MediaAccess;
  readonly treatment: CacheTreatment;
}

/** The behaviours of one region's public media in order of precedence, derived from the media layout. */
export function openPaths(region: string): readonly MediaPath[] {
  return Object.values(objectClasses).map((objectClass) => ({
    pattern: objectClass.pathPattern.replace(/^\/hls\//, `/hls/${region}/`),
    access: 'open',
    treatment: cacheTreatment(objectClass),
  }));
}

export function signedPath(region: string): MediaPath {
  return { pattern: `/${mediaPrefixes.signed}${region}/*`, access: 'signed', treatment: signedTreatment };
}
