import { withUdpCandidatesFirst } from '../../../runtime/ingest/whip/sdp';

const udp = (port: number) => `a=candidate:1 1 udp 2130706431 10.0.0.1 ${port} typ host`;
const tcp = (port: number) => `a=candidate:2 1 tcp 1671430143 10.0.0.1 ${port} typ host tcptype passive`;
const sdp = (...lines: string[]) => [...lines, ''].join('\r\n');

test.each([
  ['TCP before UDP', [tcp(1), udp(2), tcp(3), udp(4)], [udp(2), udp(4), tcp(1), tcp(3)]],
  ['UDP before TCP', [udp(1), tcp(2)], [udp(1), tcp(2)]],
  ['TCP alone', [tcp(1)], [tcp(1)]],
  ['no candidates', [], []],
])('%s', (_name, given, expected) => {
  const around = (candidates: string[]) => sdp('v=0', 'm=audio 9', ...candidates, 'a=end-of-candidates', 'a=mid:0');
  expect(withUdpCandidatesFirst(around(given))).toBe(around(expected));
});

test('each media section keeps its own candidates', () => {
  const given = sdp('m=audio 9', tcp(1), udp(2), 'm=video 9', tcp(3), udp(4));
  expect(withUdpCandidatesFirst(given)).toBe(sdp('m=audio 9', udp(2), tcp(1), 'm=video 9', udp(4), tcp(3)));
});
