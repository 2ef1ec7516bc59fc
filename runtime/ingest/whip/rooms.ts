import { AccessToken, RoomServiceClient, ServerError } from 'livekit-server-sdk';
import type { z } from 'zod';
import { livekitKeysSecret, readSecret } from '../../shared/environment';

/** A publisher's place in LiveKit. */
export interface Seat {
  readonly roomName: string;
  readonly identity: string;
}

const grantSeconds = 60;
const requestSeconds = 5;
/** A room with nobody in it waits this long for its publisher to come back. */
const departureTimeoutSeconds = 120;

/** LiveKit's rooms as a gate uses them. Keys are read anew for each call: rotation replaces the file. */
export class Rooms {
  constructor(
    private readonly url: string,
    private readonly keysFile: string,
  ) {}

  /** A token to publish in this seat and to do nothing else, for one request. */
  publishToken({ roomName, identity }: Seat): Promise<string> {
    const { apiKey, apiSecret } = this.keys();
    const token = new AccessToken(apiKey, apiSecret, { identity, ttl: grantSeconds });
    token.addGrant({ roomJoin: true, room: roomName, canPublish: true, canSubscribe: false, canPublishData: false });
    return token.toJwt();
  }

  /** Rooms are made by us, never by whoever joins. Repeats are harmless. */
  async ensure(roomName: string): Promise<void> {
    await this.client().createRoom({
      name: roomName,
      emptyTimeout: departureTimeoutSeconds,
      departureTimeout: departureTimeoutSeconds,
      // Without it, sound that once slipped against the picture stays there.
      syncStreams: true,
    });
  }

  async isSeated({ roomName, identity }: Seat): Promise<boolean> {
    const there = this.client().getParticipant(roomName, identity);
    return (await unlessMissing(there)) !== undefined;
  }

  async remove({ roomName, identity }: Seat): Promise<void> {
    await unlessMissing(this.client().removeParticipant(roomName, identity));
  }

  private client(): RoomServiceClient {
    const { apiKey, apiSecret } = this.keys();
    return new RoomServiceClient(this.url, apiKey, apiSecret, { requestTimeout: requestSeconds });
  }

  private keys(): z.output<typeof livekitKeysSecret> {
    return readSecret(this.keysFile, livekitKeysSecret);
  }
}

async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ServerError && error.status === 404) return undefined;
    throw error;
  }
}
