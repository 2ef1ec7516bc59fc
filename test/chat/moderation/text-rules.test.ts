import { findEmotes, isOnlyEmotes } from '../../../runtime/chat/moderation/emotes';
import { cleanText, containsBlockedWord, containsLink, judgeText } from '../../../runtime/chat/moderation/text-rules';
import { longestText } from '../../../runtime/chat/protocol';

const open = { slowModeSeconds: 0, followersOnly: false, emoteOnly: false, linksAllowed: true, blockedWords: [] };

describe('cleaning a text', () => {
  it.each([
    ['spaces and lines', '  a \n\n b\tc ', 'a b c'],
    ['control characters', 'a\u0000b\u0007c', 'abc'],
    ['zero-width characters', 'ba\u200bd\ufeff', 'bad'],
    ['direction overrides', 'abc\u202etxt.exe', 'abctxt.exe'],
    ['half characters', 'a\ud800b', 'ab'],
    ['piled-up marks', `z${'\u0301\u0302\u0303\u0304\u0305\u0306'.repeat(5)}`, 'z\u0301\u0302\u0303\u0304\u0305'],
    ['decomposed letters', 'e\u0301', 'é'],
  ])('takes care of %s', (_, raw, clean) => {
    expect(cleanText(raw)).toBe(clean.normalize('NFC'));
  });

  it.each(['<script>alert(1)</script>', 'مرحبا', '👨‍👩‍👧‍👦', '日本語', 'naïve café'])('leaves %s as it is', (text) => {
    expect(cleanText(text)).toBe(text.normalize('NFC'));
  });
});

describe('judging a text', () => {
  it('refuses what is empty once it is clean', () => {
    expect(judgeText(' \u200b ', open, true)).toEqual({ allowed: false, code: 'empty-text' });
  });

  it(`counts ${longestText} characters as people do`, () => {
    expect(judgeText('💥'.repeat(longestText), open, false).allowed).toBe(true);
    expect(judgeText('a'.repeat(longestText + 1), open, true)).toEqual({ allowed: false, code: 'text-too-long' });
  });

  it.each([
    [{ emoteOnly: true }, 'hi', 'emotes-only'],
    [{ linksAllowed: false }, 'see example.com/x', 'links-off'],
    [{ blockedWords: ['spam'] }, 'no SPÄM please', 'blocked-word'],
  ])('holds viewers to %j, moderators not', (rule, text, code) => {
    expect(judgeText(text, { ...open, ...rule }, false)).toEqual({ allowed: false, code });
    expect(judgeText(text, { ...open, ...rule }, true)).toMatchObject({ allowed: true });
  });
});

describe('links', () => {
  it.each(['http://a', 'https://a.b', 'www.x', 'example.com', 'go to sub.example.co.uk/path now', '(foo.io)'])(
    'sees one in %s',
    (text) => expect(containsLink(text)).toBe(true),
  );
  it.each(['3.14', 'ok.', 'wait...what', 'a. b', 'v1.2.3', 'e.g'])('sees none in %s', (text) => {
    expect(containsLink(text)).toBe(false);
  });
});

describe('blocked words', () => {
  it.each(['bad', 'BAD!', 'so b4d', 'báď', 'very-bad-thing'])('finds one in %s', (text) => {
    expect(containsBlockedWord(text, ['bad'])).toBe(true);
  });
  it('leaves longer words alone', () => expect(containsBlockedWord('badge', ['bad'])).toBe(false));
});

describe('emotes', () => {
  it('are found by code points', () => {
    expect(findEmotes('💥 :wave: :nope: :gg:')).toEqual([
      { id: 'wave', start: 2, end: 8 },
      { id: 'gg', start: 16, end: 20 },
    ]);
  });
  it('are at most 50 of a text', () => expect(findEmotes(':gg:'.repeat(10_000))).toHaveLength(50));
  it.each([':gg: :wave:', '🎉🎉', '👨‍👩‍👧‍👦 :gg:', '👍🏽'])('alone make up %s', (text) => {
    expect(isOnlyEmotes(text)).toBe(true);
  });
  it.each([':gg: nice', ':nope:', '1'])('do not alone make up %s', (text) => expect(isOnlyEmotes(text)).toBe(false));
});
