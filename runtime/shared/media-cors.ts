/**
 * What a page of ours on another origin may do with media. The CDN's response-headers policy, R2's CORS rules and the
 * local edge are made from it, for the origins that each is configured with.
 *
 * Nothing depends on a preflight: a player sends GET with, at most, a simple Range, which needs none (Fetch standard,
 * "CORS-safelisted request-header"). CloudFront and the local edge refuse OPTIONS.
 */
export const mediaCors = {
  methods: ['GET', 'HEAD'],
  requestHeaders: ['Range'],
  /** What a player reads: how old and how large an answer is, and which cache it came from. */
  exposedHeaders: ['Age', 'Content-Length', 'Content-Range', 'Date', 'X-Cache'],
} as const;
