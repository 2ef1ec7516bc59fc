/**
 * Ports that the internet reaches besides HTTPS. Load balancers and security groups open them, charts and advertised
 * URLs name them.
 */
export const publicPorts = {
  /** RTMP over TLS. Not 443, which WHIP has on the same host. */
  rtmps: 1936,
  /** TURN over TLS. */
  turns: 5349,
  /** TURN over UDP. */
  turnUdp: 3478,
  /** WebRTC media where UDP is blocked. */
  rtcTcp: 7881,
  /** WebRTC media. */
  rtcUdp: { from: 50_000, to: 60_000 },
} as const;
