import type { Handlers } from '../../shared/http';
import { Problem } from '../../shared/problem';
import type { UserPrincipal } from '../../shared/tokens';
import { findOwnChannel, isOwner } from '../access';
import type { streamContract } from '../contract';
import type { StreamDependencies } from '../dependencies';
import { mayDownload, mayRestore } from './machine';
import type { Recording } from './store';

type RecordingHandlers = Pick<
  Handlers<typeof streamContract>,
  | 'listRecordings'
  | 'getRecording'
  | 'updateRecording'
  | 'getRecordingDownload'
  | 'archiveRecording'
  | 'quoteRestore'
  | 'restoreRecording'
  | 'deleteRecording'
>;

const linkSeconds = 3_600;
const quotedDays = 7;

export function createRecordingHandlers(dependencies: StreamDependencies): RecordingHandlers {
  const { channels, recordings, recordingStore, mediaObjects } = dependencies;

  const findOwn = async (streamId: string, principal: UserPrincipal): Promise<Recording> => {
    const recording = await recordingStore.find(streamId);
    if (!recording) throw new Problem('not-found');
    if (!isOwner(principal, recording)) throw new Problem('forbidden');
    return recording;
  };

  const describe = async (recording: Recording) => ({
    streamId: recording.streamId,
    title: recording.title,
    state: recording.state,
    startedAt: recording.startedAt?.toISOString() ?? null,
    durationSeconds: recording.durationSeconds,
    bytes: recording.bytes,
    width: recording.width,
    height: recording.height,
    retentionDays: recording.retentionDays,
    posterUrl: recording.bytes > 0 ? await mediaObjects.posterUrl(recording, linkSeconds) : null,
    readyBy: recording.readyBy?.toISOString() ?? null,
    expiresAt: recording.expiresAt?.toISOString() ?? null,
  });

  return {
    async listRecordings({ principal, params: { handle } }) {
      const channel = await findOwnChannel(channels, handle, principal);
      const found = await recordingStore.listOfChannel(channel.id);
      return { status: 200, body: { recordings: await Promise.all(found.map(describe)) } };
    },

    async getRecording({ principal, params: { streamId } }) {
      return { status: 200, body: await describe(await findOwn(streamId, principal)) };
    },

    async updateRecording({ principal, params: { streamId }, body: { retentionDays } }) {
      await recordings.setRetention(await findOwn(streamId, principal), retentionDays);
      return { status: 200, body: await describe(await findOwn(streamId, principal)) };
    },

    async getRecordingDownload({ principal, params: { streamId } }) {
      const recording = await findOwn(streamId, principal);
      if (!mayDownload(recording.state)) throw new Problem('conflict', `the recording is ${recording.state}`);
      const fileName = `${streamId}.mp4`;
      const url = await mediaObjects.downloadUrl(recording, { fileName, seconds: linkSeconds });
      return { status: 200, body: { url, expiresInSeconds: linkSeconds } };
    },

    async archiveRecording({ principal, params: { streamId } }) {
      await recordings.archive(await findOwn(streamId, principal));
      return { status: 202, body: await describe(await findOwn(streamId, principal)) };
    },

    async quoteRestore({ principal, params: { streamId } }) {
      const recording = await findOwn(streamId, principal);
      if (!mayRestore(recording.state)) throw new Problem('illegal-transition', `the recording is ${recording.state}`);
      return { status: 200, body: { quotes: await recordings.quote(recording, quotedDays) } };
    },

    async restoreRecording({ principal, params: { streamId }, body: { tier, days } }) {
      await recordings.restore(await findOwn(streamId, principal), tier, days);
      return { status: 202, body: await describe(await findOwn(streamId, principal)) };
    },

    async deleteRecording({ principal, params: { streamId } }) {
      const recording = await findOwn(streamId, principal);
      return { status: 200, body: { earlyDeletionUsd: await recordings.remove(recording) } };
    },
  };
}
