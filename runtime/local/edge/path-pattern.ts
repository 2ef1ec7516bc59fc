/**
 * A CloudFront path pattern or an Express path as a regular expression for an nginx `location`.
 * CloudFront Developer Guide, "Path pattern": `*` is any run of characters, slashes too; `?` is one character.
 */
export function cloudFrontPattern(pattern: string): string {
  return `^${pattern
    .split(/([*?])/)
    .map(translate)
    .join('')}$`;
}

function translate(part: string): string {
  if (part === '*') return '.*';
  if (part === '?') return '.';
  return escapeLiteral(part);
}

/** A route's path; Express ignores a slash at the end, so this does. */
export function expressPattern(path: string): string {
  const segments = path.split('/').map((segment) => (/^[:{*]/.test(segment) ? '[^/]+' : escapeLiteral(segment)));
  return `^${segments.join('/')}/?$`;
}

const escapeLiteral = (text: string) => text.replace(/[.+^$()|[\]\\]/g, '\\$&');
