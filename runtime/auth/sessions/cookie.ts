import type { Request } from 'express';
import { Problem } from '../../shared/problem';
import { csrfHeader, refreshCookieName } from '../contract';

export interface RefreshCookie {
  read(request: Request): string | undefined;
  /** `Set-Cookie` that stores the token until the session ends. */
  store(token: string, expiresAt: Date): string;
  clear(): string;
}

/** `secure` also prefixes the name with `__Host-`, so that no sibling host can plant the cookie. */
export function createRefreshCookie(secure: boolean): RefreshCookie {
  const name = secure ? `__Host-${refreshCookieName}` : refreshCookieName;
  const format = (value: string, expires: Date) =>
    `${name}=${value}; Path=/; HttpOnly; SameSite=Strict; Expires=${expires.toUTCString()}${secure ? '; Secure' : ''}`;
  return {
    read(request) {
      const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
      return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
    },
    store: format,
    clear: () => format('', new Date(0)),
  };
}

/** Throws `forbidden` for what a page of another origin could have sent. */
export function refuseForgedRequest(request: Request, allowedOrigins: readonly string[]): void {
  if (request.headers[csrfHeader] === undefined) {
    throw new Problem('forbidden', `the header ${csrfHeader} is missing`);
  }
  const { origin } = request.headers;
  if (origin !== undefined && !allowedOrigins.includes(origin)) {
    throw new Problem('forbidden', 'the request comes from another origin');
  }
}
