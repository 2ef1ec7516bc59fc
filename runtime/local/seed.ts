import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { StartFailure } from './failure';
import { poll } from './poll';

/** The demo account, its channel and stream key. */
export interface Demo {
  readonly email: string;
  readonly password: string;
  readonly channelHandle: string;
  readonly keyId: string;
  readonly streamKey: string;
}

const handle = 'demo';
export const demoCaptionLanguage = 'en';

/**
 * Makes the demo account through the public API, as a person would, and keeps what is shown only once in `file`.
 * Repeats what is missing: an account without a channel, a key that was revoked.
 */
export async function seedDemo(baseUrl: string, file: string, save: (demo: Demo) => void): Promise<Demo> {
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Demo) : undefined;
  const email = known?.email ?? 'demo@headend.test';
  const password = known?.password ?? `watch-${randomBytes(9).toString('base64url')}`;
  const api = new Api(baseUrl, await signIn(baseUrl, email, password));
  if (!(await api.hasChannel())) {
    await api.post('/api/stream/channels', {
      handle,
      title: 'Demo channel',
      description: 'Test pattern, tone and clock',
      settings: { webrtcViewers: true, captionLanguages: [demoCaptionLanguage] },
    });
  }
  const key = known && (await api.keyIsValid(known.keyId)) ? known : await api.createKey();
  const demo = { email, password, channelHandle: handle, keyId: key.keyId, streamKey: key.streamKey };
  save(demo);
  return demo;
}

async function signIn(baseUrl: string, email: string, password: string): Promise<string> {
  const call = (path: string, body: unknown) => post(`${baseUrl}${path}`, body);
  // The gateway may still be a moment behind the services.
  const login = await poll(
    async () => {
      const answer = await call('/api/auth/login', { identifier: email, password });
      if (answer.status >= 500) throw new Error(await answer.text());
      return answer;
    },
    { what: 'signing in', deadlineMs: 10_000, intervalMs: 200 },
  );
  const answer = login.ok ? login : await call('/api/auth/signup', { email, handle, password });
  if (!answer.ok) {
    throw new StartFailure(
      `The demo account could not be made: ${await answer.text()}. Its password may be lost; npm run reset starts afresh.`,
    );
  }
  return ((await answer.json()) as { accessToken: string }).accessToken;
}

class Api {
  constructor(
    private readonly baseUrl: string,
    private readonly accessToken: string,
  ) {}

  async hasChannel(): Promise<boolean> {
    const { channels } = (await this.get('/api/stream/channels')) as { channels: { handle: string }[] };
    return channels.some((channel) => channel.handle === handle);
  }

  async keyIsValid(keyId: string): Promise<boolean> {
    const answer = (await this.get(`/api/stream/channels/${handle}/keys`)) as {
      keys: { id: string; revokedAt: string | null }[];
    };
    return answer.keys.some(({ id, revokedAt }) => id === keyId && revokedAt === null);
  }

  async createKey(): Promise<{ keyId: string; streamKey: string }> {
    const made = (await this.post(`/api/stream/channels/${handle}/keys`, { label: 'laptop' })) as {
      id: string;
      secret: string;
    };
    return { keyId: made.id, streamKey: made.secret };
  }

  async get(path: string): Promise<unknown> {
    return this.read(await fetch(this.baseUrl + path, { headers: this.headers() }));
  }

  async post(path: string, body: unknown): Promise<unknown> {
    return this.read(await post(this.baseUrl + path, body, this.headers()));
  }

  private headers() {
    return { Authorization: `Bearer ${this.accessToken}` };
  }

  private async read(answer: Response): Promise<unknown> {
    if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }
}

function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}
