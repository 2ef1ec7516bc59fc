import { poll } from '../../runtime/local/poll';
import { CaptionTrack } from '../../runtime/packager/captions/caption-track';
import { captionSegment } from '../../runtime/packager/captions/web-vtt';
import type { CaptionCue } from '../../runtime/shared/broadcast';
import { stopEncoders } from '../ingest/support/encoder';
import { BroadcastView } from './support/broadcast-view';
import { broadcastPicture, smallPicture } from './support/encoders';
import { type Rig, startRig } from './support/rig';

const at = Date.UTC(2026, 0, 1);
const cue = (startMs: number, endMs: number, text = `said at ${startMs}`): CaptionCue => ({
  ...{ language: 'en', startMs: at + startMs, endMs: at + endMs, text },
});
const segment = (number: number) => ({ startMs: at + number * 2_000, endMs: at + (number + 1) * 2_000 });
const texts = (cues: readonly CaptionCue[]) => cues.map(({ text }) => text);

describe('a track', () => {
  const trackOf = (...cues: readonly CaptionCue[]) => {
    const track = new CaptionTrack();
    track.add(cues);
    return track;
  };

  it('has each cue in every segment that it reaches into, with the same times', () => {
    const long = cue(1_000, 4_500);
    const track = trackOf(long, cue(9_000, 9_500));
    expect([0, 1, 2, 3].map((number) => track.take(segment(number)))).toEqual([[long], [long], [long], []]);
  });

  it('shows what came too late for its segment in the next, for as long', () => {
    const track = trackOf();
    track.take(segment(0));
    track.add([cue(500, 1_200, 'late')]);
    expect(track.take(segment(1))).toEqual([cue(2_000, 2_700, 'late')]);
    expect(track.take(segment(2))).toEqual([]);
  });

  it('shows nothing twice that ended in a segment it was in', () => {
    const track = trackOf(cue(500, 1_200));
    expect(track.take(segment(0))).toHaveLength(1);
    expect(track.take(segment(1))).toEqual([]);
  });

  it('forgets what is later than 15 s, which is beside another picture', () => {
    const track = trackOf();
    track.take(segment(0));
    track.add([cue(0, 1_000, 'too late'), cue(1_500, 1_900, 'just in time')]);
    expect(texts(track.take(segment(8)))).toEqual(['just in time']);
  });

  it('leaves what was over before its first segment to whoever packaged until then', () => {
    const track = trackOf(cue(500, 1_200), cue(1_500, 3_000, 'goes on'));
    expect(texts(track.take(segment(1)))).toEqual(['goes on']);
  });

  it('holds a bounded number of cues, the newest', () => {
    const track = trackOf(...Array.from({ length: 1_500 }, (_, index) => cue(100, 200, String(index))));
    const taken = texts(track.take(segment(0)));
    expect([taken.length, taken[0]]).toEqual([1_000, '500']);
  });
});

describe('a WebVTT segment', () => {
  const time = { ...segment(2), mediaSeconds: 14, firstStartMs: at };

  it('says where its zero is on the media’s clock, and times on the broadcast’s', () => {
    expect(captionSegment([cue(4_250, 6_500, 'Hello')], time)).toBe(
      [
        'WEBVTT',
        'X-TIMESTAMP-MAP=LOCAL:00:00:04.000,MPEGTS:1260000',
        '',
        '00:00:04.250 --> 00:00:06.500',
        'Hello',
        '',
      ].join('\n'),
    );
  });

  it('wraps the media’s clock at 33 bits, as MPEG does', () => {
    expect(captionSegment([], { ...time, mediaSeconds: 2 ** 33 / 90_000 + 1 })).toContain('MPEGTS:90000\n');
  });

  it.each([
    ['markup', '<b>1 < 2 && 3 > 2</b>', '&lt;b&gt;1 &lt; 2 &amp;&amp; 3 &gt; 2&lt;/b&gt;'],
    ['an arrow', 'from --> to', 'from --&gt; to'],
    ['an empty line, which would end the cue', 'one\n\n  \r\ntwo', 'one\ntwo'],
  ])('takes %s for text', (_what, text, written) => {
    expect(captionSegment([cue(4_000, 5_000, text)], time).endsWith(`05.000\n${written}\n`)).toBe(true);
  });
});

describe('a broadcast with captions', () => {
  jest.setTimeout(120_000);
  let rig: Rig;
  let rtmpUrl: (key: string) => string;

  beforeAll(async () => {
    rig = await startRig();
    const gate = await rig.startGate();
    await rig.startPackager();
    rtmpUrl = (key) => `rtmp://127.0.0.1:${gate.rtmpPort}/live/${key}`;
  }, 180_000);
  afterEach(stopEncoders);
  afterAll(() => rig?.stop());

  it('has them beside the picture of the moment they belong to, over a reconnect, and in the replay', async () => {
    const { key, grant } = rig.allow({ captionLanguages: ['en', 'de'], dvrSeconds: 600, resumeGraceSeconds: 5 });
    const { streamId } = grant;
    const view = new BroadcastView(rig.bucket, streamId);
    const said: CaptionCue[] = [];
    rig.home.captions.set(streamId, said);
    const say = (text: string) => {
      const startMs = Date.now();
      said.push({ language: 'en', startMs, endMs: startMs + 700, text });
    };
    /** Segment whose captions have the text, once there is one. */
    const shown = (text: string) =>
      poll(
        async () => {
          const { segments } = await view.playlist('captions-en', 'event');
          for (const listed of segments) {
            const vtt = (await view.bytes('captions-en', listed.uri)).toString();
            if (vtt.includes(text)) return { listed, vtt };
          }
          throw new Error(`in none of ${segments.length} segments`);
        },
        { what: `the caption “${text}”`, deadlineMs: 20_000 },
      );

    const first = await broadcastPicture(rtmpUrl(key), smallPicture);
    await view.until('two segments', ({ segments }) => segments.length >= 2);
    say('before the break');
    const before = await shown('before the break');
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    const second = await broadcastPicture(rtmpUrl(key), smallPicture);
    await view.until('a break', ({ segments }) => segments.some(({ discontinuity }) => discontinuity));
    say('after the break');
    const after = await shown('after the break');

    // As the picture: what was said is in the segment of its time, or in the next.
    for (const [index, { listed }] of [before, after].entries()) {
      const saidMs = said[index]?.startMs ?? 0;
      expect(saidMs - (listed.programDateTimeMs ?? 0)).toBeLessThan(listed.seconds * 1_000);
      expect((listed.programDateTimeMs ?? 0) - saidMs).toBeLessThan(4_000);
    }
    expect(after.listed.discontinuitySequence).toBe(before.listed.discontinuitySequence + 1);
    const { contentType, cacheControl } = await rig.bucket.get(view.key('captions-en', before.listed.uri));
    expect([contentType, cacheControl]).toEqual(['text/vtt', 'public, max-age=31536000, immutable']);
    expect(await view.faults()).toEqual([]);

    await second.stop();
    await view.until('the end', ({ ended }) => ended, { rendition: 'captions-en', kind: 'replay' });
    expect(await view.faults('replay')).toEqual([]);
    const { subtitles } = await view.multivariant('dvr');
    expect(subtitles.map(({ uri }) => uri)).toEqual(['captions-en/replay.m3u8', 'captions-de/replay.m3u8']);
  });

  it('goes on without them while the stream service is away, and catches up', async () => {
    const { key, grant } = rig.allow({ captionLanguages: ['en'] });
    const view = new BroadcastView(rig.bucket, grant.streamId);
    const encoder = await broadcastPicture(rtmpUrl(key), smallPicture);
    const { segments } = await view.until('two segments', (playlist) => playlist.segments.length >= 2);
    rig.home.cut(true);
    const startMs = Date.now();
    rig.home.captions.set(grant.streamId, [{ language: 'en', startMs, endMs: startMs + 1_000, text: 'while away' }]);
    await view.until('more segments', (playlist) => playlist.segments.length >= segments.length + 2);
    rig.home.cut(false);
    await poll(
      async () => {
        const listed = (await view.playlist('captions-en')).segments;
        const vtts = await Promise.all(listed.map(({ uri }) => view.bytes('captions-en', uri)));
        if (!vtts.some((vtt) => vtt.includes('while away'))) throw new Error(`not in ${vtts.length} segments`);
      },
      { what: 'what was said meanwhile', deadlineMs: 15_000 },
    );
    await encoder.stop();
  });
});
