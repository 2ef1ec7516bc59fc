import type { HelmetOptions } from 'helmet';

interface Origins {
  readonly MEDIA_ORIGINS: readonly string[];
  readonly REALTIME_ORIGINS: readonly string[];
}

/**
 * Nothing inline, nothing foreign but media and signalling. hls.js needs blob: for MediaSource and its worker, and data: for
 * the empty track that it puts captions into.
 */
export function contentSecurityPolicy({ MEDIA_ORIGINS, REALTIME_ORIGINS }: Origins): HelmetOptions {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        styleSrc: ["'self'"],
        fontSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:', ...MEDIA_ORIGINS],
        mediaSrc: ["'self'", 'blob:', 'data:', ...MEDIA_ORIGINS],
        connectSrc: ["'self'", ...MEDIA_ORIGINS, ...REALTIME_ORIGINS],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // HSTS belongs to whoever ends TLS: the CDN and the Ingress.
    strictTransportSecurity: false,
    crossOriginEmbedderPolicy: false,
    referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
  };
}
