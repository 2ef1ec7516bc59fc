import type { Handlers } from '../../shared/http';
import { hlsKeys, type MediaLocation } from '../../shared/media-layout';
import { Problem } from '../../shared/problem';
import type { UserPrincipal } from '../../shared/tokens';
import { findOwnStream, mayModerate } from '../access';
import { roomNameOf } from '../broadcasts/handlers';
import type { Playback, streamContract } from '../contract';
import type { StreamDependencies } from '../dependencies';
import { mediaLocationOf, mediaUrl } from '../streams/describe';
import type { StreamRecord } from '../streams/store';
import { decidePlayback, type PlaybackFacts } from './decide';

type PlaybackHandlers = Pick<
  Handlers<typeof streamContract>,
  'getPlayback' | 'unlockStream' | 'createShareLink' | 'getChatStanding'
>;

const unlockSeconds = 12 * 3_600;

export function createPlaybackHandlers(dependencies: StreamDependencies): PlaybackHandlers {
  const { channels, streams, rooms, grants, mediaCookies, hasher, config, now } = dependencies;
  const [webUrl = ''] = config.ALLOWED_ORIGINS;

  const isModerator = async (channelId: string, userId: string) =>
    (await channels.listModerators(channelId)).some((moderator) => moderator.userId === userId);

  const mayWatch = async (
    stream: StreamRecord,
    principal: UserPrincipal | undefined,
    grant: string | undefined,
  ): Promise<boolean> => {
    if (stream.visibility !== 'private') return true;
    if (grant !== undefined && grants.isValid(grant, stream, now())) return true;
    if (principal === undefined) return false;
    return mayModerate(principal, stream.channel) || (await isModerator(stream.channelId, principal.userId));
  };

  const gatherFacts = async (
    stream: StreamRecord,
    requested: PlaybackFacts['requested'],
    signedIn: boolean,
  ): Promise<PlaybackFacts> => {
    const load = stream.region === null ? undefined : await rooms.load(stream.region, roomNameOf(stream.id));
    return {
      state: stream.state,
      pictured: stream.startedAt !== null,
      requested,
      signedIn,
      webrtcAllowed: stream.channel.settings.webrtcViewers,
      roomIsLive: load !== undefined && load.publishers > 0,
      streamViewers: load?.viewers ?? 0,
      streamLimit: config.WEBRTC_VIEWERS_PER_STREAM,
      regionViewers: load?.regionViewers ?? 0,
      regionLimit: config.WEBRTC_VIEWERS_PER_REGION,
    };
  };

  const describe = async (
    stream: StreamRecord,
    at: MediaLocation,
    decision: ReturnType<typeof decidePlayback>,
  ): Promise<Playback> => {
    if (decision.transport === 'none') return { transport: 'none', state: stream.state };
    const over = stream.state === 'ended' || stream.state === 'archived';
    const dvrUrl = mediaUrl(config.MEDIA_BASE_URL, hlsKeys.dvrMultivariant(at));
    const common = {
      state: stream.state,
      hlsUrl: over ? dvrUrl : mediaUrl(config.MEDIA_BASE_URL, hlsKeys.liveMultivariant(at)),
      dvrUrl: over || stream.channel.settings.dvrSeconds > 0 ? dvrUrl : null,
      reason: decision.reason,
      credentials: at.mediaAccess === 'signed',
    };
    if (decision.transport === 'hls') {
      return { ...common, transport: 'hls', webrtcOffered: decision.webrtcOffered };
    }
    const { serverUrl, token } = await rooms.viewerToken(at.region, roomNameOf(stream.id));
    return { ...common, transport: 'webrtc', serverUrl, token };
  };

  return {
    async getPlayback({ principal, params: { streamId }, query: { transport, grant } }) {
      const stream = await streams.find(streamId, 'lagging');
      if (!stream) throw new Problem('not-found');
      if (!(await mayWatch(stream, principal, grant))) throw new Problem('playback-locked');
      const decision = decidePlayback(await gatherFacts(stream, transport, principal !== undefined));
      const at = mediaLocationOf(stream);
      if (!at || decision.transport === 'none') {
        return { status: 200, body: { transport: 'none', state: stream.state } };
      }
      const cookies = at.mediaAccess === 'signed' ? mediaCookies?.open(at, now()) : undefined;
      return {
        status: 200,
        ...(cookies && { headers: { 'Set-Cookie': cookies } }),
        body: await describe(stream, at, decision),
      };
    },

    async unlockStream({ params: { streamId }, body: { passphrase } }) {
      const stream = await streams.find(streamId, 'recent');
      // The same answer, after the same time, whether the stream, its passphrase or the guess is wrong.
      const matches = await hasher.verify(stream?.passphraseHash ?? undefined, passphrase);
      if (!stream || !matches) throw new Problem('playback-locked', 'the passphrase is wrong');
      const expiresAt = new Date(now().getTime() + unlockSeconds * 1_000);
      return { status: 200, body: { grant: grants.create(stream, expiresAt), expiresInSeconds: unlockSeconds } };
    },

    async createShareLink({ principal, params: { streamId }, body: { expiresInSeconds } }) {
      const stream = await findOwnStream(streams, streamId, principal);
      const expiresAt = new Date(now().getTime() + expiresInSeconds * 1_000);
      const grant = grants.create(stream, expiresAt);
      const url = `${webUrl}/watch/${streamId}?grant=${encodeURIComponent(grant)}`;
      return { status: 201, body: { url, grant, expiresAt: expiresAt.toISOString() } };
    },

    async getChatStanding({ params: { streamId, userId }, query: { grant } }) {
      const stream = await streams.find(streamId, 'recent');
      if (!stream) throw new Problem('not-found');
      const since = await channels.followingSince(userId, stream.channelId);
      const isInsider = userId === stream.channel.ownerId || (await isModerator(stream.channelId, userId));
      return {
        status: 200,
        body: {
          followingSince: since?.toISOString() ?? null,
          mayWatch: isInsider || (await mayWatch(stream, undefined, grant)),
        },
      };
    },
  };
}
