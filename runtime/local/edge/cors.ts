import { mediaCors } from '../../shared/media-cors';

/** Variables that are empty, so that nginx sends no header, unless the request comes from a page that may read media. */
export function corsMaps(allowedOrigins: readonly string[]): string {
  return `
  map $http_origin $cors_origin { default ''; ${allowedOrigins.map((origin) => `'${origin}' $http_origin;`).join(' ')} }
  map $cors_origin $cors_exposed { '' ''; default '${mediaCors.exposedHeaders.join(', ')}'; }
  map $cors_origin $cors_credentials { '' ''; default true; }`;
}

/** As the media distribution's response-headers policy answers. */
export const corsHeaders = `add_header Access-Control-Allow-Origin $cors_origin always;
      add_header Access-Control-Expose-Headers $cors_exposed always;
      add_header Vary Origin always;`;

/** For private media, which comes with cookies. */
export const corsCredentials = 'add_header Access-Control-Allow-Credentials $cors_credentials always;';
