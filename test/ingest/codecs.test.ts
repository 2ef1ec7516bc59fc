import { poll } from '../../runtime/local/poll';
import { aac, type EncoderOptions, h264, sources, startEncoder, stopEncoders } from './support/encoder';
import { type Gate, type Surroundings, startSurroundings } from './support/gate';
import { aacHeader, avcHeader } from './support/media';
import { RtmpClient } from './support/rtmp-client';

let around: Surroundings;
let gate: Gate;

beforeAll(async () => {
  around = await startSurroundings();
  gate = await around.startGate();
}, 120_000);

afterEach(stopEncoders);
afterAll(() => around?.stop());

describe('a real encoder that sends what browsers cannot play is told so', () => {
  const cases: [string, EncoderOptions, string][] = [
    [
      'HEVC',
      {
        program: 'ffmpeg-whip',
        coding: ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none', ...aac],
      },
      'The video codec HEVC (Enhanced RTMP) is not supported. Set the encoder to H.264.',
    ],
    [
      'AV1',
      { program: 'ffmpeg-whip', coding: ['-c:v', 'libaom-av1', '-cpu-used', '8', '-usage', 'realtime', ...aac] },
      'The video codec AV1 (Enhanced RTMP) is not supported. Set the encoder to H.264.',
    ],
    [
      'MP3',
      {
        inputs: [...sources.picture, '-re', '-f', 'lavfi', '-i', 'sine=sample_rate=44100'],
        coding: [...h264, '-c:a', 'libmp3lame'],
      },
      'The audio codec MP3 is not supported. Set the encoder to AAC.',
    ],
    ['Sorenson H.263', { coding: ['-c:v', 'flv', ...aac] }, 'The video codec Sorenson H.263 is not supported.'],
  ];
  test.each(cases)(
    '%s',
    async (_name, options, sentence) => {
      const { key } = around.allow();
      const encoder = await startEncoder(`rtmp://127.0.0.1:${gate.rtmpPort}/live/${key}`, options);
      const told = async () => expect(encoder.output.join('\n')).toContain(sentence);
      await poll(told, { what: 'the refusal', deadlineMs: 15_000 });
      expect((await encoder.exited).code).not.toBe(0);
    },
    40_000,
  );
});

describe('within a second of the first sequence header', () => {
  const enhanced = (fourCc: string) => Buffer.concat([Buffer.of(0x90), Buffer.from(fourCc), Buffer.alloc(20)]);
  test.each([
    ['HEVC by its old number', 'video', Buffer.from('1c000000000000', 'hex')],
    ['H.264 by Enhanced RTMP', 'video', enhanced('avc1')],
    ['a codec nobody knows', 'video', enhanced('\u0000\u0001<b>')],
    ['Opus by Enhanced RTMP', 'audio', enhanced('Opus')],
    ['Speex', 'audio', Buffer.from('b2000000', 'hex')],
  ] as const)(
    '%s is refused',
    async (_name, kind, body) => {
      const { key, grant } = around.allow();
      const client = await RtmpClient.publish(gate.rtmpPort, key);
      if (kind === 'audio') client.send('video', 0, avcHeader);
      else client.send('audio', 0, aacHeader);
      client.send(kind, 0, body);
      await client.untilClosed(2_000);
      expect(client.status?.code).toBe('NetStream.Publish.Denied');
      expect(client.status?.description).toMatch(
        /^The (video|audio) codec [\w. -]+( \(Enhanced RTMP\))? is not supported\. Set/,
      );
      const stopped = around.home.events
        .filter(({ streamId }) => streamId === grant.streamId)
        .map(({ event }) => event);
      expect(stopped.at(-1)).toMatchObject({ type: 'publish-stopped', reason: 'refused' });
    },
    20_000,
  );
});
