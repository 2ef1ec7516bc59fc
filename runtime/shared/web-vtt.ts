/** Of a WebVTT cue: 3,725.5 → `01:02:05.500`. */
export function timestamp(totalSeconds: number): string {
  const totalMs = Math.round(totalSeconds * 1_000);
  const pad = (value: number, length: number) => String(value).padStart(length, '0');
  const hours = Math.floor(totalMs / 3_600_000);
  const minutes = Math.floor(totalMs / 60_000) % 60;
  const seconds = Math.floor(totalMs / 1_000) % 60;
  return `${pad(hours, 2)}:${pad(minutes, 2)}:${pad(seconds, 2)}.${pad(totalMs % 1_000, 3)}`;
}
