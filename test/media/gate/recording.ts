import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startFfmpeg } from '../../ingest/support/encoder';
import { type FlvTag, parseFlv } from '../../ingest/support/flv-reader';
import { command, type RtmpClient } from '../../ingest/support/rtmp-client';

/** Real H.264 and AAC, made beforehand, so that a test can send them with timestamps that no encoder would give. */
export async function record(seconds: number, size = '640x360'): Promise<readonly FlvTag[]> {
  const directory = mkdtempSync(join(tmpdir(), 'headend-recording-'));
  const file = join(directory, 'recording.flv');
  try {
    const encoder = await startFfmpeg([
      ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-t', String(seconds)],
      ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=30`],
      ...['-t', String(seconds), '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'],
      ...[
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-pix_fmt',
        'yuv420p',
        '-bf',
        '0',
        '-g',
        '60',
        '-keyint_min',
        '60',
      ],
      ...['-sc_threshold', '0', '-b:v', '600k', '-c:a', 'aac', '-b:a', '96k', '-ac', '2', '-f', 'flv', file],
    ]);
    const { code } = await encoder.exited;
    if (code !== 0) throw new Error(encoder.output.join('\n'));
    return parseFlv(readFileSync(file)).tags;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export interface Playing {
  /** From the media's own time to the timestamp that is sent. */
  readonly clock?: (ms: number) => number;
  /** Media seconds per second. */
  readonly speed?: number;
}

const kinds = { audio: 'audio', video: 'video', script: 'data' } as const;
const lookEveryMs = 20;

/** Sends a recording as it would be played. Resolves when all of it is sent. */
export async function playRecording(
  client: RtmpClient,
  tags: readonly FlvTag[],
  { clock = (ms) => ms, speed = 1 }: Playing = {},
): Promise<void> {
  const startedAt = performance.now();
  let next = 0;
  while (next < tags.length && !client.closed) {
    const dueMs = (performance.now() - startedAt) * speed;
    for (let tag = tags[next]; tag && tag.timestampMs <= dueMs; tag = tags[next]) {
      client.send(kinds[tag.type], clock(tag.timestampMs) % 2 ** 32, tag.body);
      next += 1;
    }
    await delay(lookEveryMs);
  }
}

/** As an encoder that stops on purpose. */
export function sayGoodbye(client: RtmpClient): void {
  client.socket.write(command(0, 'deleteStream', 6, null, 1));
}
