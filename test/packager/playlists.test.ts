import type { TimelineEntry } from '../../runtime/packager/lease/progress';
import { mediaPlaylist } from '../../runtime/packager/playlists/media-playlist';
import { multivariantPlaylist } from '../../runtime/packager/playlists/multivariant';
import { alignmentFaults, readMediaPlaylist, readMultivariant, updateFaults } from './conformance';

const entry = (sequence: number, attempt: number, more: Partial<TimelineEntry> = {}): TimelineEntry => ({
  sequence,
  attempt,
  seconds: 2,
  audioSeconds: 2.048,
  startMs: Date.UTC(2026, 0, 1) + sequence * 2_000,
  ...more,
});

const rendition = { name: '720p', kind: 'video', sourceIn: () => '720p' } as const;
const audio = { name: 'audio', kind: 'audio', sourceIn: () => 'audio' } as const;
const captions = { name: 'captions-en', kind: 'captions', sourceIn: () => 'captions-en' } as const;
const window = (timeline: readonly TimelineEntry[], from = 0) => ({ timeline, from, targetSeconds: 2, ended: false });

test('a sliding playlist, line by line', () => {
  expect(mediaPlaylist(rendition, window([entry(7, 100), entry(8, 101)])).split('\n')).toEqual([
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-TARGETDURATION:2',
    '#EXT-X-MEDIA-SEQUENCE:7',
    '#EXT-X-DISCONTINUITY-SEQUENCE:0',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-MAP:URI="100/init.mp4"',
    '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:14.000Z',
    '#EXTINF:2.00000,',
    '100/00000007.m4s',
    '#EXT-X-DISCONTINUITY',
    '#EXT-X-MAP:URI="101/init.mp4"',
    '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:16.000Z',
    '#EXTINF:2.00000,',
    '101/00000008.m4s',
    '',
  ]);
});

test('audio says its own durations', () => {
  expect(mediaPlaylist(audio, window([entry(0, 100)]))).toContain('#EXTINF:2.04800,');
});

test('a rendition that was given up lists another’s segments, with their init segment', () => {
  const standIn = { ...rendition, name: '480p', sourceIn: (attempt: number) => (attempt === 101 ? '360p' : '480p') };
  const { segments, faults } = readMediaPlaylist(mediaPlaylist(standIn, window([entry(0, 100), entry(1, 101)])));
  expect(segments.map(({ uri, map }) => [map, uri])).toEqual([
    ['100/init.mp4', '100/00000000.m4s'],
    ['../360p/101/init.mp4', '../360p/101/00000001.m4s'],
  ]);
  expect(faults).toEqual([]);
});

test('captions have the same segments as the picture, and no init segment', () => {
  const timeline = [entry(0, 100), entry(1, 101)];
  const { segments, faults } = readMediaPlaylist(mediaPlaylist(captions, window(timeline)));
  expect(faults).toEqual([]);
  expect(segments.map(({ uri, map, discontinuity }) => [uri, map, discontinuity])).toEqual([
    ['100/00000000.vtt', undefined, false],
    ['101/00000001.vtt', undefined, true],
  ]);
  const picture = readMediaPlaylist(mediaPlaylist(rendition, window(timeline)));
  expect(alignmentFaults({ picture, captions: { ...picture, segments } })).toEqual([]);
});

test('a gap is tagged, and asks for the version that knows it', () => {
  const { segments, version, faults } = readMediaPlaylist(
    mediaPlaylist(rendition, window([entry(0, 100), entry(1, 100, { gap: true })])),
  );
  expect(segments.map(({ gap }) => gap)).toEqual([false, true]);
  expect(version).toBe(8);
  expect(faults).toEqual([]);
});

test('the end is said once, and a complete playlist has its type', () => {
  const text = mediaPlaylist(rendition, { ...window([entry(0, 100)]), ended: true, type: 'vod' });
  expect(text).toContain('#EXT-X-PLAYLIST-TYPE:VOD\n');
  expect(text.endsWith('#EXT-X-ENDLIST\n')).toBe(true);
});

test('every version of a sliding playlist is a lawful update of the one before, over any number of attempts', () => {
  const timeline = Array.from({ length: 60 }, (_, sequence) => entry(sequence, 100 + Math.floor(sequence / 7)));
  const versions = timeline.map((_, index) => {
    const published = timeline.slice(0, index + 1);
    return readMediaPlaylist(mediaPlaylist(rendition, window(published, Math.max(0, published.length - 5))));
  });
  const faults = versions.flatMap((version, index) => {
    const before = versions[index - 1];
    return [...version.faults, ...(before ? updateFaults(before, version) : [])];
  });
  expect(faults).toEqual([]);
});

const announced = { width: 1280, height: 720, peakBandwidth: 3_000_000, averageBandwidth: 2_500_000 };
const sound = { width: 0, height: 0, peakBandwidth: 160_000, averageBandwidth: 130_000 };
const content = {
  video: [{ name: '720p', codec: 'avc1.4d401f', ...announced }],
  audio: { name: 'audio', codec: 'mp4a.40.2', ...sound },
  frameRate: 29.97,
  captionLanguages: [],
};

test('a multivariant playlist names codecs, sizes, rates and one audio group', () => {
  const { variants, audio: groups, faults } = readMultivariant(multivariantPlaylist(content, 'live'));
  expect(faults).toEqual([]);
  expect(groups).toEqual([{ groupId: 'audio', uri: 'audio/live.m3u8', language: undefined }]);
  expect(variants[0]).toEqual({
    uri: '720p/live.m3u8',
    bandwidth: 3_160_000,
    averageBandwidth: 2_630_000,
    codecs: ['avc1.4d401f', 'mp4a.40.2'],
    resolution: '1280x720',
    frameRate: 29.97,
    audioGroup: 'audio',
    subtitlesGroup: undefined,
  });
});

test('captions are one group that every variant names, each language as its speakers write it', () => {
  const text = multivariantPlaylist({ ...content, captionLanguages: ['en', 'pt-BR'] }, 'event');
  const { variants, subtitles, faults } = readMultivariant(text);
  expect(faults).toEqual([]);
  expect(variants.map(({ subtitlesGroup }) => subtitlesGroup)).toEqual(['captions', 'captions']);
  expect(subtitles).toEqual([
    { groupId: 'captions', uri: 'captions-en/event.m3u8', language: 'en' },
    { groupId: 'captions', uri: 'captions-pt-BR/event.m3u8', language: 'pt-BR' },
  ]);
  expect(text).toContain('NAME="English"');
  expect(text).toMatch(/NAME="português/);
});

describe('the conformance checker finds', () => {
  const good = mediaPlaylist(rendition, window([entry(0, 100), entry(1, 101)]));
  test.each([
    ['a segment over the target duration', good.replace('#EXTINF:2.00000,', '#EXTINF:2.60000,'), /target is 2 s/],
    [
      'an init segment that changes silently',
      good.replace('#EXT-X-DISCONTINUITY\n', ''),
      /without EXT-X-DISCONTINUITY/,
    ],
    ['a missing EXTINF', good.replace('#EXTINF:2.00000,\n', ''), /no EXTINF/],
    ['a missing header', good.replace('#EXTM3U\n', ''), /first line/],
    ['a date without a zone', good.replace('.000Z', '.000'), /ISO 8601/],
  ])('%s', (_what, text, sentence) => {
    expect(readMediaPlaylist(text).faults.join()).toMatch(sentence);
  });

  test.each([
    ['a sequence that goes back', [entry(5, 100)], [entry(4, 100)], /went back/],
    ['a segment that changes', [entry(0, 100)], [entry(0, 101)], /changed/],
    ['a segment that vanishes from the end', [entry(0, 100), entry(1, 100)], [entry(0, 100)], /removed/],
  ])('%s', (_what, before, after, sentence) => {
    const read = (timeline: readonly TimelineEntry[]) => readMediaPlaylist(mediaPlaylist(rendition, window(timeline)));
    expect(updateFaults(read(before), read(after)).join()).toMatch(sentence);
  });
});
