import type { EmoteUse } from '../protocol';

/** Shortcodes that become pictures. The web app draws each by its id. */
export const emoteIds = [
  'wave',
  'heart',
  'fire',
  'clap',
  'laugh',
  'cry',
  'wow',
  'think',
  'party',
  'gg',
  'hype',
  'thumbsup',
  'thumbsdown',
  'eyes',
  'rocket',
  'hundred',
] as const;

const known: ReadonlySet<string> = new Set(emoteIds);
const mostEmotes = 50;

/** Emotes in a text, by code points. */
export function findEmotes(text: string): EmoteUse[] {
  const found: EmoteUse[] = [];
  for (const match of text.matchAll(/:([a-z0-9]{2,20}):/g)) {
    const [code, id = ''] = match;
    if (!known.has(id)) continue;
    if (found.length === mostEmotes) break;
    const start = codePoints(text.slice(0, match.index));
    found.push({ id, start, end: start + codePoints(code) });
  }
  return found;
}

/** Whether nothing but emotes, emoji and spaces is there. */
export function isOnlyEmotes(text: string): boolean {
  const rest = text.replace(/:([a-z0-9]{2,20}):/g, (code, id: string) => (known.has(id) ? '' : code));
  return /^(?:\s|\p{Emoji_Presentation}|\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f)*$/u.test(rest);
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
