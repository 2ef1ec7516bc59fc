import { gridColumns, gridHeight, gridRows, readTimeCode } from './time-code';
import type { BrowserRecord, Sample, Transport } from './watch-page';

/**
 * Runs in the page, bundled, before the page's own code: reads the time code from whatever video plays, and keeps what
 * became of it for `takeRecord`.
 */

const sampleEveryMs = 200;
/** Longer between two pictures is a freeze. */
const freezeMs = 1_000;

const cellPixels = 4;
const canvas = document.createElement('canvas');
canvas.width = gridColumns * cellPixels;
canvas.height = gridRows * cellPixels;
const context = canvas.getContext('2d', { willReadFrequently: true });

const firstShownMs: Partial<Record<Transport, number>> = {};
let newestMs: number | undefined;
let record = emptyRecord();

function emptyRecord() {
  return {
    samples: [] as Sample[],
    freezes: [] as { fromMs: number; toMs: number }[],
    problems: [] as string[],
    unreadable: 0,
  };
}

/** What happened since the last call. */
function takeRecord(): BrowserRecord {
  const taken = { ...record, newestMs, firstShownMs, openedMs: performance.timeOrigin };
  record = emptyRecord();
  return taken;
}

let watched: HTMLVideoElement | undefined;

function lookForVideo(): void {
  const video = document.querySelector('video');
  if (!video || video === watched) return;
  watched = video;
  video.addEventListener('error', () => record.problems.push(`media error: ${video.error?.message ?? 'unknown'}`));
  const shown = () => {
    if (video !== watched) return;
    read(video);
    video.requestVideoFrameCallback(shown);
  };
  video.requestVideoFrameCallback(shown);
}

function read(video: HTMLVideoElement): void {
  const now = Date.now();
  if (newestMs !== undefined && now - newestMs > freezeMs) record.freezes.push({ fromMs: newestMs, toMs: now });
  newestMs = now;
  const transport = video.srcObject ? 'webrtc' : 'hls';
  const last = record.samples.at(-1);
  if (last?.transport === transport && now - last.shownMs < sampleEveryMs) return;
  const madeMs = readTimeCode(brightnesses(video), now);
  if (madeMs === undefined) {
    record.unreadable += 1;
    return;
  }
  firstShownMs[transport] ??= now;
  record.samples.push({ transport, shownMs: now, madeMs });
}

function brightnesses(video: HTMLVideoElement): number[] {
  const { width, height } = canvas;
  context?.drawImage(video, 0, 0, video.videoWidth, video.videoHeight * gridHeight, 0, 0, width, height);
  const pixels = context?.getImageData(0, 0, width, height).data ?? [];
  return Array.from({ length: gridColumns * gridRows }, (_, index) => {
    const x = (index % gridColumns) * cellPixels + cellPixels / 2;
    const y = Math.floor(index / gridColumns) * cellPixels + cellPixels / 2;
    return pixels[(y * width + x) * 4 + 1] ?? 0;
  });
}

let shownMessage: string | undefined;

function lookForMessage(): void {
  const message = document.querySelector('.player .message')?.textContent ?? undefined;
  if (message !== undefined && message !== shownMessage) record.problems.push(message);
  shownMessage = message;
}

window.setInterval(lookForVideo, 10);
window.setInterval(lookForMessage, 250);
Object.assign(window, { headendBench: { takeRecord } });
