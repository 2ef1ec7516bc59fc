import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AccessToken } from 'livekit-server-sdk';
import { publisherIdentity } from '../../../shared/broadcast';
import { livekitKeysSecret, readSecret } from '../../../shared/environment';
import type { Logger } from '../../../shared/log';
import { audioRendition } from '../../ladder/table';
import { type RoomFrames, type SubscriberMessage, type SubscriberSettings, settingsVariable } from './protocol';

export interface RoomSourceOptions {
  readonly livekitUrl: string;
  readonly keysFile: string;
  readonly roomName: string;
  /** Unique among all that are in the room. */
  readonly identity: string;
  readonly frameRate: number;
  /** For the sockets; made and removed here. A Unix socket's path is limited to about 100 bytes. */
  readonly directory: string;
  readonly onFrames: (frames: RoomFrames) => void;
  readonly log: Logger;
}

export interface RoomPicture {
  readonly width: number;
  readonly height: number;
  readonly hasVideo: boolean;
}

/** The longest broadcast that needs no new token to reconnect to its room. */
const tokenLifetime = '48h';

/** The subscriber process of one room, from the packager's side. */
export class RoomSource {
  readonly videoSocket: string;
  readonly audioSocket: string;
  /** Resolves when the picture's size is known and ffmpeg may connect. Rejects when the process ends before. */
  readonly ready: Promise<RoomPicture>;
  /** Resolves with the wall clock at the first frame. Rejects when the process ends before. */
  readonly startedAtMs: Promise<number>;
  readonly exited: Promise<void>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly options: RoomSourceOptions,
    settings: SubscriberSettings,
  ) {
    this.videoSocket = settings.videoSocket;
    this.audioSocket = settings.audioSocket;
    this.exited = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    const gone = this.exited.then(() => {
      throw new Error('the subscriber process ended');
    });
    this.ready = Promise.race([this.#message('ready'), gone]);
    this.startedAtMs = Promise.race([this.#message('started').then(({ atMs }) => atMs), gone]);
    // Whoever awaits them hears of it; both may go unawaited when an attempt is cut short.
    for (const promise of [gone, this.ready, this.startedAtMs]) promise.catch(() => undefined);
    child.on('message', (message: SubscriberMessage) => {
      if (message.type === 'frames') options.onFrames(message);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      options.log.debug({ subscriber: text.trim() }, 'the subscriber says');
    });
  }

  static async start(options: RoomSourceOptions): Promise<RoomSource> {
    await mkdir(options.directory, { recursive: true });
    const settings: SubscriberSettings = {
      url: options.livekitUrl.replace(/^http/, 'ws'),
      token: await subscribeToken(options),
      publisherPrefix: publisherIdentity(''),
      videoSocket: join(options.directory, 'video.sock'),
      audioSocket: join(options.directory, 'audio.sock'),
      frameRate: options.frameRate,
      sampleRate: audioRendition.sampleRate,
      channels: audioRendition.channels,
    };
    const child = fork(require.resolve('./subscriber'), {
      env: { PATH: process.env.PATH, [settingsVariable]: JSON.stringify(settings) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    return new RoomSource(child, options, settings);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
    await rm(this.options.directory, { recursive: true, force: true });
  }

  #message<T extends SubscriberMessage['type']>(type: T): Promise<Extract<SubscriberMessage, { type: T }>> {
    return new Promise((resolve) => {
      const listen = (message: SubscriberMessage) => {
        if (message.type !== type) return;
        this.child.off('message', listen);
        resolve(message as Extract<SubscriberMessage, { type: T }>);
      };
      this.child.on('message', listen);
    });
  }
}

/** May see and hear, and is not seen. */
async function subscribeToken({ keysFile, roomName, identity }: RoomSourceOptions): Promise<string> {
  const { apiKey, apiSecret } = readSecret(keysFile, livekitKeysSecret);
  const token = new AccessToken(apiKey, apiSecret, { identity, ttl: tokenLifetime });
  token.addGrant({
    roomJoin: true,
    room: roomName,
    hidden: true,
    canSubscribe: true,
    canPublish: false,
    canPublishData: false,
  });
  return token.toJwt();
}
