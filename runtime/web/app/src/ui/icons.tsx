/** Drawn, not typed: fonts differ in which of these signs they have, and how large. */
const shapes = {
  play: 'M7 4v16l13-8z',
  pause: 'M6 4h4v16H6zM14 4h4v16h-4z',
  sound:
    'M3 9v6h4l5 5V4L7 9zM14.5 8.5a5 5 0 0 1 0 7l1.4 1.4a7 7 0 0 0 0-9.8zM17.5 5.5a9.2 9.2 0 0 1 0 13l1.4 1.4a11.2 11.2 0 0 0 0-15.8z',
  muted:
    'M3 9v6h4l5 5V4L7 9zM21.5 9.4 20 8l-2.6 2.6L14.9 8l-1.4 1.4L16 12l-2.5 2.6 1.4 1.4 2.5-2.6L20 16l1.5-1.4L19 12z',
  fullScreen: 'M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z',
} as const;

export function Icon({ shape }: { readonly shape: keyof typeof shapes }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={shapes[shape]} />
    </svg>
  );
}
