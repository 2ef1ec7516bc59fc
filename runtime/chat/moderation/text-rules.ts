import { longestText, type RefusalCode, type RoomSettings } from '../protocol';
import { isOnlyEmotes } from './emotes';

export type TextVerdict =
  | { readonly allowed: true; readonly text: string }
  | { readonly allowed: false; readonly code: RefusalCode };

/**
 * Cleans a text and judges it by the room's rules. Moderators are held to length only.
 * @param isExempt whether the author moderates the room
 */
export function judgeText(raw: string, settings: RoomSettings, isExempt: boolean): TextVerdict {
  const text = cleanText(raw);
  if (text === '') return refuse('empty-text');
  if ([...text].length > longestText) return refuse('text-too-long');
  if (isExempt) return { allowed: true, text };
  if (settings.emoteOnly && !isOnlyEmotes(text)) return refuse('emotes-only');
  if (!settings.linksAllowed && containsLink(text)) return refuse('links-off');
  if (containsBlockedWord(text, settings.blockedWords)) return refuse('blocked-word');
  return { allowed: true, text };
}

const refuse = (code: RefusalCode): TextVerdict => ({ allowed: false, code });

/** More combining marks on one letter than any script in use needs. */
const combiningRun = /(\p{M}{4})\p{M}+/gu;
/** Control characters, halves of characters, and the invisible ones that reorder or hide; the emoji joiner stays. */
const invisible =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/** One line of well-formed, composed text without what hides, reorders or piles up. */
export function cleanText(raw: string): string {
  return raw
    .normalize('NFC')
    .replace(/[\r\n\t]+/g, ' ')
    .replace(invisible, '')
    .replace(combiningRun, '$1')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** A scheme, `www.`, or a name that ends in a label of letters, as `example.com/x` does and `3.14` or `ok.` do not. */
const link = /(?:https?:\/\/|www\.)\S|(?:^|[\s(])(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?=$|[\s)/:?#,!.])/iu;

export function containsLink(text: string): boolean {
  return link.test(text);
}

/** Matches whole words, whatever their case, accents or look-alike digits. */
export function containsBlockedWord(text: string, blockedWords: readonly string[]): boolean {
  if (blockedWords.length === 0) return false;
  const plain = ` ${simplify(text)} `;
  return blockedWords.some((word) => plain.includes(` ${simplify(word)} `));
}

const lookAlikes: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
};

function simplify(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[0134571@$]/g, (character) => lookAlikes[character] ?? character)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
