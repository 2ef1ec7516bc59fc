import { randomBytes } from 'node:crypto';

/** Crockford's base 32 in lower case: no letter is mistaken for another when read aloud. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Random text of `length` characters, five bits each. */
export function randomText(length: number): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}

/** `<prefix>_` and 100 random bits: what kind of thing it names can be read off. */
export function newId(prefix: string): string {
  return `${prefix}_${randomText(20)}`;
}
