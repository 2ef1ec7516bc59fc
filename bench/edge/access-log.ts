/** What one layer did in a measurement. */
export interface LayerTraffic {
  readonly requests: number;
  /** Requests that it sent on: what it had was missing or expired. */
  readonly fills: number;
  /** Of segments: sent out, and taken in from the next layer. */
  readonly segmentBytesOut: number;
  readonly segmentBytesIn: number;
}

/** Reads the local edge's access log (`cache` format of its configuration) for one stream and a span of time. */
export function readTraffic(log: string, pathPrefix: string, fromMs: number, untilMs: number): LayerTraffic {
  let [requests, fills, segmentBytesOut, segmentBytesIn] = [0, 0, 0, 0];
  for (const line of log.split('\n')) {
    const [seconds = '', , path = '', , , bytesOut = '', bytesIn = '-'] = line.split(' ');
    const atMs = Number(seconds) * 1_000;
    if (!path.startsWith(pathPrefix) || atMs < fromMs || atMs > untilMs) continue;
    requests += 1;
    // A request that was tried twice has two figures.
    const taken = bytesIn === '-' ? [] : bytesIn.split(', ').map(Number);
    fills += taken.length;
    if (!path.endsWith('.m4s')) continue;
    segmentBytesOut += Number(bytesOut);
    segmentBytesIn += taken.reduce((sum, bytes) => sum + bytes, 0);
  }
  return { requests, fills, segmentBytesOut, segmentBytesIn };
}
