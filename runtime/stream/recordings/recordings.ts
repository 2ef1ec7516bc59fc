import type { BroadcastEvent } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import { defaultRetentionDays } from '../../shared/media-layout';
import { Problem } from '../../shared/problem';
import { archive } from '../broadcasts/events';
import type { StreamRecord, StreamStore } from '../streams/store';
import { mayArchive, mayRestore, observe } from './machine';
import type { MediaObjects } from './objects';
import { earlyDeletionUsd, type RestoreTier, restoreHours, restorePriceUsd } from './price';
import type { Recording, RecordingStore, RetentionDays } from './store';

export type RecordingReport = Extract<BroadcastEvent, { type: 'recording-ready' | 'recording-failed' }>;

export interface RestoreQuote {
  readonly tier: RestoreTier;
  readonly hours: number;
  readonly priceUsd: number;
  readonly days: number;
  readonly quotaBytesLeft: number;
  readonly allowed: boolean;
}

export interface Recordings {
  report(stream: StreamRecord, event: RecordingReport, at: Date): Promise<void>;
  archive(recording: Recording): Promise<void>;
  quote(recording: Recording, days: number): Promise<RestoreQuote[]>;
  restore(recording: Recording, tier: RestoreTier, days: number): Promise<void>;
  setRetention(recording: Recording, retention: RetentionDays): Promise<void>;
  /** Deletes it. Resolves to what the archive still bills. */
  remove(recording: Recording): Promise<number>;
  /** Looks at every recording whose object may have changed by itself: archived by lifecycle, restored, expired. */
  observeAll(): Promise<void>;
}

const monthMs = 30 * 86_400_000;
const bytesPerGb = 2 ** 30;
const observedAtOnce = 500;

export function createRecordings(options: {
  readonly store: RecordingStore;
  readonly streams: Pick<StreamStore, 'change'>;
  readonly objects: MediaObjects;
  readonly quotaGb: number;
  readonly log: Logger;
  readonly now: () => Date;
}): Recordings {
  const { store, streams, objects, quotaGb, log, now } = options;

  const quotaLeft = async ({ ownerId }: Recording) =>
    quotaGb * bytesPerGb - (await store.restoredBytes(ownerId, new Date(now().getTime() - monthMs)));

  const archiveStream = ({ streamId }: Recording) => streams.change(streamId, now(), archive);

  const observeOne = async (recording: Recording) => {
    const object = await objects.status(recording);
    const next = object && observe(recording.state, object);
    if (!next) return;
    const archivedAt = recording.archivedAt ?? (next.state === 'archived' ? now() : null);
    await store.move(recording.streamId, recording.state, { ...next, archivedAt, readyBy: null });
    if (next.state === 'archived') await archiveStream(recording);
  };

  return {
    async report(stream, event, at) {
      const failed = { state: 'failed', durationSeconds: 0, bytes: 0, width: 0, height: 0 } as const;
      const facts = event.type === 'recording-ready' ? { ...event, state: 'available' as const } : failed;
      if (stream.region === null) throw new Problem('conflict', 'the stream was never published');
      const retention = stream.channel.settings.retentionDays ?? defaultRetentionDays;
      await store.save(stream.id, { ...facts, region: stream.region }, retention, at);
    },

    async archive(recording) {
      if (!mayArchive(recording.state)) throw new Problem('illegal-transition', `the recording is ${recording.state}`);
      await objects.archive(recording);
      const archived = { state: 'archived', archivedAt: now(), readyBy: null, expiresAt: null } as const;
      await store.move(recording.streamId, recording.state, archived);
      await archiveStream(recording);
    },

    async quote(recording, days) {
      const left = await quotaLeft(recording);
      return (['standard', 'bulk'] as const).map((tier) => ({
        tier,
        hours: restoreHours[tier],
        priceUsd: restorePriceUsd(recording.bytes, tier, days),
        days,
        quotaBytesLeft: Math.max(0, left),
        allowed: recording.bytes <= left,
      }));
    },

    async restore(recording, tier, days) {
      if (recording.state === 'restoring') throw new Problem('restore-in-progress');
      if (!mayRestore(recording.state)) throw new Problem('illegal-transition', `the recording is ${recording.state}`);
      if (recording.bytes > (await quotaLeft(recording))) throw new Problem('quota-exceeded');
      const readyBy = new Date(now().getTime() + restoreHours[tier] * 3_600_000);
      const restoring = { state: 'restoring', archivedAt: recording.archivedAt, readyBy, expiresAt: null } as const;
      // The row decides who of two asks; the object is asked second, so a failure has to be taken back.
      if (!(await store.move(recording.streamId, 'archived', restoring))) throw new Problem('restore-in-progress');
      try {
        await objects.restore(recording, tier, days);
        await store.noteRestore(recording, now());
      } catch (error) {
        const { archivedAt } = recording;
        await store.move(recording.streamId, 'restoring', {
          state: 'archived',
          archivedAt,
          readyBy: null,
          expiresAt: null,
        });
        throw new Problem('upstream-failed', 'the archive did not take the request', { cause: error });
      }
    },

    async setRetention(recording, retention) {
      if (recording.state !== 'available') throw new Problem('conflict', `the recording is ${recording.state}`);
      await objects.setRetention(recording, retention);
      await store.setRetention(recording.streamId, retention);
    },

    async remove(recording) {
      if (recording.state === 'restoring') throw new Problem('conflict', 'the recording is being restored');
      await objects.removeRecording(recording);
      await store.remove(recording.streamId);
      if (recording.archivedAt === null) return 0;
      return earlyDeletionUsd(recording.bytes, (now().getTime() - recording.archivedAt.getTime()) / 86_400_000);
    },

    async observeAll() {
      const changing = await store.listInState(['available', 'archived', 'restoring', 'restored'], observedAtOnce);
      for (const recording of changing) {
        await observeOne(recording).catch((error: unknown) => {
          log.warn({ err: error, streamId: recording.streamId }, 'recording could not be looked at');
        });
      }
    },
  };
}
