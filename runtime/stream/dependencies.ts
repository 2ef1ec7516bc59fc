import type { z } from 'zod';
import type { PasswordHasher } from '../shared/password-hasher';
import type { HealthStore } from './broadcasts/health';
import type { Presence } from './broadcasts/presence';
import type { RevocationFeed } from './broadcasts/revocation-feed';
import type { CaptionStore } from './captions/store';
import type { ChannelStore } from './channels/store';
import type { streamContract } from './contract';
import type { PublishTokenStore } from './keys/publish-tokens';
import type { KeyStore } from './keys/store';
import type { Rooms } from './livekit/rooms';
import type { LiveKitWebhooks } from './livekit/webhooks';
import type { Grants } from './playback/grants';
import type { MediaCookies } from './playback/media-cookies';
import type { MediaObjects } from './recordings/objects';
import type { Recordings } from './recordings/recordings';
import type { RecordingStore } from './recordings/store';
import type { StreamStore } from './streams/store';
import type { TakedownStore } from './takedowns/store';
import type { WebhookStore } from './webhooks/store';

export type StreamConfig = Readonly<z.output<(typeof streamContract)['environment']>>;

/** What the handlers are made of. */
export interface StreamDependencies {
  readonly config: StreamConfig;
  readonly channels: ChannelStore;
  readonly keys: KeyStore;
  readonly publishTokens: PublishTokenStore;
  readonly streams: StreamStore;
  readonly health: HealthStore;
  readonly captions: CaptionStore;
  readonly presence: Presence;
  readonly revocationFeed: RevocationFeed;
  readonly rooms: Rooms;
  readonly livekitWebhooks: LiveKitWebhooks;
  readonly recordings: Recordings;
  readonly recordingStore: RecordingStore;
  readonly mediaObjects: MediaObjects;
  readonly takedowns: TakedownStore;
  readonly webhooks: WebhookStore;
  /** Webhook secrets derive from it. */
  readonly webhookKey: () => Buffer;
  readonly grants: Grants;
  /** Absent where the CDN checks no cookies; then there are no private streams. */
  readonly mediaCookies: MediaCookies | undefined;
  readonly hasher: PasswordHasher;
  readonly now: () => Date;
}
