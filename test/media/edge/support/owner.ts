import { poll } from '../../../../runtime/local/poll';
import { type Encoder, pushRtmp } from '../../../e2e/support/encoder';
import type { RunningPlatform } from '../../../e2e/support/platform';

const password = 'a rather long pass phrase for tests';

/** Playback as a viewer is given it, with the cookies that came along. */
export interface Viewing {
  readonly hlsUrl: string;
  readonly credentials: boolean;
  /** For a Cookie header; empty for public streams. */
  readonly cookie: string;
}

/** Someone with an account, a channel and a stream key, by the public API of a running platform. */
export class Owner {
  private constructor(
    private readonly platform: RunningPlatform,
    private readonly token: string,
    readonly handle: string,
    private readonly streamKey: string,
  ) {}

  static async create(platform: RunningPlatform, handle: string, settings: object = {}): Promise<Owner> {
    const account = { email: `${handle}@example.test`, handle, password };
    const { accessToken } = await call(platform, 'POST', '/api/auth/signup', undefined, account);
    const channel = { handle, title: handle, settings: { resumeGraceSeconds: 0, ...settings } };
    await call(platform, 'POST', '/api/stream/channels', accessToken, channel);
    const key = await call(platform, 'POST', `/api/stream/channels/${handle}/keys`, accessToken, { label: 'test' });
    return new Owner(platform, accessToken, handle, key.secret);
  }

  // biome-ignore lint/suspicious/noExplicitAny: answers are read by tests, which fail when they are otherwise
  call(method: string, path: string, body?: object): Promise<any> {
    return call(this.platform, method, path, this.token, body);
  }

  broadcast(): Promise<Encoder> {
    return pushRtmp(`${this.platform.rtmpUrl}/${this.streamKey}`);
  }

  /** Id of the channel's stream, once it is in that state. */
  async until(state: string): Promise<string> {
    return poll(
      async () => {
        const { streams } = await this.call('GET', `/api/stream/channels/${this.handle}/streams`);
        if (streams[0]?.state !== state) throw new Error(`it is ${streams[0]?.state}`);
        return streams[0].id as string;
      },
      { what: `a stream that is ${state}`, deadlineMs: 90_000, intervalMs: 250 },
    );
  }

  /** As the owner watches it. */
  async watch(streamId: string): Promise<Viewing> {
    const url = `${this.platform.baseUrl}/api/stream/streams/${streamId}/playback?transport=hls`;
    const answer = await fetch(url, { headers: { Authorization: `Bearer ${this.token}` } });
    if (!answer.ok) throw new Error(`playback answered ${answer.status}: ${await answer.text()}`);
    const { hlsUrl, credentials } = (await answer.json()) as { hlsUrl: string; credentials: boolean };
    const cookie = answer.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    return { hlsUrl, credentials, cookie };
  }

  deleteAccount(): Promise<unknown> {
    return this.call('DELETE', '/api/auth/me', { password });
  }
}

async function call(
  platform: RunningPlatform,
  method: string,
  path: string,
  token?: string,
  body?: object,
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by tests, which fail when they are otherwise
): Promise<any> {
  const answer = await fetch(platform.baseUrl + path, {
    method,
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(body && { 'Content-Type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
}
