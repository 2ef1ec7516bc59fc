import fc from 'fast-check';
import { decidePlayback, type PlaybackFacts } from '../../runtime/stream/playback/decide';

const facts: PlaybackFacts = {
  state: 'live',
  pictured: true,
  requested: 'auto',
  signedIn: true,
  webrtcAllowed: true,
  roomIsLive: true,
  streamViewers: 10,
  streamLimit: 100,
  regionViewers: 100,
  regionLimit: 1_000,
};

describe('playback', () => {
  it.each<[string, Partial<PlaybackFacts>, string]>([
    ['nothing before the first picture', { state: 'waiting', pictured: false }, 'none'],
    ['nothing of a broadcast that never had one', { state: 'ended', pictured: false }, 'none'],
    ['WebRTC for someone signed in while there is space', {}, 'webrtc'],
    ['HLS for a visitor', { signedIn: false }, 'hls'],
    ['WebRTC for a visitor who asks for it', { signedIn: false, requested: 'webrtc' }, 'webrtc'],
    ['HLS for whoever asks for it', { requested: 'hls' }, 'hls'],
    ['HLS where the channel wants no WebRTC', { webrtcAllowed: false, requested: 'webrtc' }, 'hls'],
    ['HLS while nobody publishes to the room', { roomIsLive: false, requested: 'webrtc' }, 'hls'],
    ['HLS when the room is nearly full', { streamViewers: 80 }, 'hls'],
    ['WebRTC up to the last place for who asks for it', { streamViewers: 99, requested: 'webrtc' }, 'webrtc'],
    ['HLS when the room is full', { streamViewers: 100, requested: 'webrtc' }, 'hls'],
    ['HLS when the region is full', { regionViewers: 1_000, requested: 'webrtc' }, 'hls'],
    ['HLS where the tier has no WebRTC viewers at all', { streamLimit: 0, streamViewers: 0 }, 'hls'],
    ['the replay of an ended broadcast', { state: 'ended', requested: 'webrtc' }, 'hls'],
    ['the broadcast itself while its encoder is away', { state: 'interrupted', roomIsLive: false }, 'hls'],
  ])('is %s', (_name, change, transport) => {
    expect(decidePlayback({ ...facts, ...change }).transport).toBe(transport);
  });

  it('offers WebRTC exactly when asking for it would be granted', () => {
    const anyFacts = fc.record<PlaybackFacts>({
      state: fc.constantFrom('waiting', 'live', 'interrupted', 'ended', 'archived'),
      pictured: fc.boolean(),
      requested: fc.constantFrom('auto', 'hls'),
      signedIn: fc.boolean(),
      webrtcAllowed: fc.boolean(),
      roomIsLive: fc.boolean(),
      streamViewers: fc.nat(200),
      streamLimit: fc.nat(200),
      regionViewers: fc.nat(2_000),
      regionLimit: fc.nat(2_000),
    });
    fc.assert(
      fc.property(anyFacts, (given) => {
        const decision = decidePlayback(given);
        if (decision.transport !== 'hls') return;
        const asked = decidePlayback({ ...given, requested: 'webrtc' });
        expect(decision.webrtcOffered).toBe(asked.transport === 'webrtc');
      }),
    );
  });

  it('never exceeds a limit', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.nat(50),
        fc.nat(50),
        fc.nat(50),
        (streamViewers, streamLimit, regionViewers, regionLimit) => {
          const load = { streamViewers, streamLimit, regionViewers, regionLimit };
          const { transport } = decidePlayback({ ...facts, ...load, requested: 'webrtc' });
          if (transport === 'webrtc') expect(streamViewers < streamLimit && regionViewers < regionLimit).toBe(true);
        },
      ),
    );
  });
});
