/** 65 → `1:05`, 3,725 → `1:02:05`. */
export function clock(totalSeconds: number): string {
  const seconds = Math.max(0, Math.floor(totalSeconds));
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor((seconds % 3_600) / 60);
  const pad = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** 1,234 → `1.2K`. */
export const count = (value: number): string => compact.format(value);

/** `1 viewer`, `2 viewers`. */
export const viewers = (value: number): string => `${count(value)} ${value === 1 ? 'viewer' : 'viewers'}`;
