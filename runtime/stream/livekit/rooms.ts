import { randomUUID } from 'node:crypto';
import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';
import { livekitKeysSecret, readSecret } from '../../shared/environment';
import type { Logger } from '../../shared/log';

export interface RoomLoad {
  /** Participants that publish. */
  readonly publishers: number;
  readonly viewers: number;
  /** WebRTC viewers in the whole region. */
  readonly regionViewers: number;
}

export interface Room {
  readonly name: string;
  readonly participants: number;
  readonly publishers: number;
  readonly createdAt: Date;
}

export interface Rooms {
  /** `undefined` when there is no such room or its region does not answer. At most three seconds old. */
  load(region: string, roomName: string): Promise<RoomLoad | undefined>;
  /** Subscribe only, this room only. */
  viewerToken(region: string, roomName: string): Promise<{ readonly serverUrl: string; readonly token: string }>;
  list(region: string): Promise<readonly Room[]>;
  remove(region: string, roomName: string): Promise<void>;
}

/** To join with; who is in the room stays as long as he likes. */
const viewerTokenSeconds = 300;
const loadMaxAgeMs = 3_000;
const requestTimeoutSeconds = 3;

export function createRooms(options: {
  readonly keysFile: string;
  readonly apiUrls: Readonly<Record<string, string>>;
  readonly clientUrls: Readonly<Record<string, string>>;
  readonly log: Logger;
}): Rooms {
  const { keysFile, apiUrls, clientUrls, log } = options;

  const clientFor = (region: string): RoomServiceClient => {
    const { apiKey, apiSecret } = readSecret(keysFile, livekitKeysSecret);
    const url = apiUrls[region];
    if (url === undefined) throw new Error(`no LiveKit API URL for ${region}`);
    return new RoomServiceClient(url, apiKey, apiSecret, { requestTimeout: requestTimeoutSeconds });
  };

  const list = async (region: string): Promise<readonly Room[]> =>
    (await clientFor(region).listRooms()).map((room) => ({
      name: room.name,
      participants: room.numParticipants,
      publishers: room.numPublishers,
      createdAt: new Date(Number(room.creationTime) * 1_000),
    }));

  const known = new Map<string, { readonly atMs: number; readonly rooms: Promise<readonly Room[]> }>();
  const recent = (region: string): Promise<readonly Room[]> => {
    const hit = known.get(region);
    if (hit && Date.now() - hit.atMs < loadMaxAgeMs) return hit.rooms;
    const rooms = list(region).catch((error: unknown) => {
      log.warn({ err: error, region }, 'LiveKit rooms cannot be listed; viewers get HLS');
      return [];
    });
    known.set(region, { atMs: Date.now(), rooms });
    return rooms;
  };

  const viewersOf = (room: Room) => Math.max(0, room.participants - room.publishers);

  return {
    async load(region, roomName) {
      const rooms = await recent(region);
      const room = rooms.find(({ name }) => name === roomName);
      if (!room) return undefined;
      const regionViewers = rooms.reduce((sum, each) => sum + viewersOf(each), 0);
      return { publishers: room.publishers, viewers: viewersOf(room), regionViewers };
    },
    async viewerToken(region, roomName) {
      const { apiKey, apiSecret } = readSecret(keysFile, livekitKeysSecret);
      const token = new AccessToken(apiKey, apiSecret, {
        identity: `viewer-${randomUUID()}`,
        ttl: viewerTokenSeconds,
      });
      token.addGrant({
        roomJoin: true,
        room: roomName,
        canSubscribe: true,
        canPublish: false,
        canPublishData: false,
        canUpdateOwnMetadata: false,
      });
      return { serverUrl: clientUrls[region] ?? '', token: await token.toJwt() };
    },
    list,
    async remove(region, roomName) {
      await clientFor(region).deleteRoom(roomName);
    },
  };
}
