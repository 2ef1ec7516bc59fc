const isCandidate = (line: string) => line.startsWith('a=candidate:');
/** `candidate:<foundation> <component> <transport> …` (RFC 8839 § 5.1). */
const isUdp = (line: string) => line.split(' ')[2]?.toLowerCase() === 'udp';

/**
 * Puts UDP candidates before TCP ones within each run of candidates. LiveKit lists them in any order, and ffmpeg's WHIP
 * muxer takes the first and gives up when it is TCP: measured with ffmpeg 9, one publish in five.
 */
export function withUdpCandidatesFirst(sdp: string): string {
  const lines = sdp.split('\r\n');
  const sorted: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const end = lines.findIndex((line, index) => index >= at && !isCandidate(line));
    const run = lines.slice(at, end === -1 ? undefined : end);
    sorted.push(...run.filter(isUdp), ...run.filter((line) => !isUdp(line)));
    if (end === -1) break;
    sorted.push(lines[end] ?? '');
    at = end + 1;
  }
  return sorted.join('\r\n');
}
