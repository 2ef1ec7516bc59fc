import { whole } from '../figure';

const goal = 'product goal';
const model = 'delivery model';

/** Who is served. Broadcasts, not viewers, size the media path: viewers are served by the CDN. */
export const audience = {
  viewers: whole('concurrent viewers', [1_000, 10_000, 100_000], goal, 'the tier is named by it'),
  broadcasts: whole(
    'concurrent broadcasts, whole fleet',
    [20, 100, 500],
    goal,
    'one broadcast per 50, 100 and 200 viewers: larger platforms have larger audiences per stream',
  ),
  broadcastsPerRegion: whole(
    'concurrent broadcasts in one region',
    [20, 100, 250],
    goal,
    'half the fleet fits in one region of three, so that one region may be lost or be the busy one',
  ),
  webrtcViewersPerRegion: whole(
    'concurrent WebRTC viewers in one region',
    [200, 1_000, 2_500],
    'LiveKit benchmarking page, halved',
    'about 100 viewers at 720p per vCPU; everyone else gets HLS',
  ),
  chatSockets: whole('open sockets', [1_000, 10_000, 100_000], goal, 'every viewer has the chat open'),
  chatMessagesPerSecond: whole(
    'published messages per second, whole fleet',
    [50, 500, 5_000],
    goal,
    'one message per viewer every 20 s at the peak of an event',
  ),
  topBitrateKbps: whole('kbit/s', 6_000, model, 'what encoders are told to send at most; OBS default for 1080p'),
  averageBitrateKbps: whole('kbit/s', 3_000, model, 'average over the ladder, sizes delivery and cost'),
} as const;
