import { runMediaTool } from '../../../runtime/local/media-tools';
import type { BroadcastView } from '../../packager/support/broadcast-view';

/**
 * What ffmpeg complains about when it decodes all that a playlist lists: nothing, one hopes. Each stretch between
 * discontinuities is decoded by itself, because ffmpeg's own HLS reader keeps the first init segment for ever.
 */
export async function decodingComplaints(view: BroadcastView, rendition: string): Promise<readonly string[]> {
  const { segments } = await view.playlist(rendition, 'replay');
  const complaints: string[] = [];
  for (const map of new Set(segments.map((segment) => segment.map))) {
    const listed = segments.filter((segment) => segment.map === map);
    const media = Buffer.concat(await Promise.all(listed.map((segment) => view.bytes(rendition, segment.uri))));
    const init = await view.bytes(rendition, map ?? '');
    const decoding = ['-v', 'error', '-i', 'pipe:0', '-f', 'null', '-'];
    const { stderr } = await runMediaTool('ffmpeg', decoding, Buffer.concat([init, media]));
    complaints.push(...stderr.split('\n').filter((line) => line !== ''));
  }
  return complaints;
}

/** What ffmpeg complains about when it plays a whole presentation by its own HLS reader. */
export async function playbackComplaints(url: string): Promise<readonly string[]> {
  const args = ['-v', 'error', '-i', url, '-map', '0:v:0?', '-map', '0:a:0', '-f', 'null', '-'];
  const { stderr } = await runMediaTool('ffmpeg', args);
  return stderr.split('\n').filter((line) => line !== '');
}

export interface StreamOffset {
  /** Flashes that had a beep within half a second. */
  readonly pairs: number;
  /** Beep minus flash: positive means that sound comes late. */
  readonly medianMs: number;
  readonly largestMs: number;
}

/** Pictures and sound for {@link measureOffset}: every two seconds a white flash and a beep, for 200 ms. */
export const flashAndBeep = {
  video: (size: string, rate: number) =>
    `color=c=black:size=${size}:rate=${rate},drawbox=c=white:t=fill:enable='lt(mod(t,2),0.2)'`,
  audio: "aevalsrc='if(lt(mod(t,2),0.2),0.8*sin(2*PI*1000*t),0)':sample_rate=48000",
} as const;

/** Decodes a presentation and compares when pictures turn white with when sound begins. */
export async function measureOffset(url: string): Promise<StreamOffset> {
  const { stderr } = await runMediaTool('ffmpeg', [
    ...['-hide_banner', '-nostats', '-i', url],
    ...['-map', '0:v:0', '-vf', 'scale=160:-2,blackdetect=d=0.3:pix_th=0.3', '-f', 'null', '-'],
    ...['-map', '0:a:0', '-af', 'silencedetect=n=-25dB:d=0.3', '-f', 'null', '-'],
  ]);
  const times = (pattern: RegExp) => [...stderr.matchAll(pattern)].map(([, time]) => Number(time));
  const flashes = times(/black_end:([\d.]+)/g);
  const beeps = times(/silence_end: ([\d.]+)/g);
  const offsets = flashes.flatMap((flash) => {
    const nearest = beeps.reduce(
      (best, beep) => (Math.abs(beep - flash) < Math.abs(best - flash) ? beep : best),
      Infinity,
    );
    return Math.abs(nearest - flash) < 0.5 ? [(nearest - flash) * 1_000] : [];
  });
  const sorted = [...offsets].sort((a, b) => a - b);
  return {
    pairs: sorted.length,
    medianMs: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
    largestMs: sorted.reduce((largest, offset) => (Math.abs(offset) > Math.abs(largest) ? offset : largest), 0),
  };
}
