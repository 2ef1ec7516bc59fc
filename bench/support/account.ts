import { setTimeout as pause } from 'node:timers/promises';
import { poll } from '../../runtime/local/poll';
import type { ReadyFile } from '../../runtime/local/ready-file';

/** Short of the ten minutes that an access token lasts. */
const tokenLastsMs = 8 * 60_000;

/** The demo account of a running platform, by its public API. */
export class Account {
  #token: { readonly value: string; readonly untilMs: number } | undefined;

  constructor(private readonly platform: Pick<ReadyFile, 'baseUrl' | 'account' | 'channelHandle'>) {}

  watchUrl(streamId: string): string {
    return `${this.platform.baseUrl}/watch/${streamId}`;
  }

  /** Id of the channel's live stream, once its first segments are published. */
  async untilLive(deadlineMs = 60_000): Promise<string> {
    return poll(
      async () => {
        const { streams } = await this.get<{ streams: readonly { id: string; state: string }[] }>(
          `/api/stream/channels/${this.platform.channelHandle}/streams`,
        );
        const live = streams.find(({ state }) => state === 'live');
        if (!live) throw new Error(`states are ${streams.map(({ state }) => state).join(', ') || 'none'}`);
        return live.id;
      },
      { what: 'a live stream', deadlineMs, intervalMs: 250 },
    );
  }

  /** Addresses of the multivariant playlists, as a player is given them. */
  async playback(streamId: string): Promise<{ readonly hlsUrl: string; readonly dvrUrl: string }> {
    const { transport, hlsUrl, dvrUrl } = await this.get<{
      transport: string;
      hlsUrl?: string;
      dvrUrl?: string | null;
    }>(`/api/stream/streams/${streamId}/playback?transport=hls`);
    if (!hlsUrl || !dvrUrl) throw new Error(`playback is ${transport}: ${hlsUrl}, ${dvrUrl}`);
    return { hlsUrl, dvrUrl };
  }

  /** Waits for the end that a proper goodbye of the encoder brings at once, and a lost one after its grace. */
  async untilEnded(streamId: string): Promise<void> {
    await poll(
      async () => {
        const { state } = await this.get<{ state: string }>(`/api/stream/streams/${streamId}`);
        if (state !== 'ended') throw new Error(`it is ${state}`);
      },
      { what: 'the end of the stream', deadlineMs: 90_000, intervalMs: 250 },
    );
  }

  async get<T>(path: string): Promise<T> {
    return (await this.request(path)).json() as Promise<T>;
  }

  private async request(path: string): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await fetch(this.platform.baseUrl + path, {
        headers: { Authorization: `Bearer ${await this.token()}` },
      });
      if (answer.ok) return answer;
      const sentence = `${path} answered ${answer.status}: ${await answer.text()}`;
      if (answer.status < 500 && answer.status !== 429) throw new Error(sentence);
      if (attempt === 5) throw new Error(sentence);
      await pause(1_000);
    }
  }

  private async token(): Promise<string> {
    if (!this.#token || this.#token.untilMs < Date.now()) {
      const { email, password } = this.platform.account;
      const answer = await fetch(`${this.platform.baseUrl}/api/auth/login`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ identifier: email, password }),
      });
      if (!answer.ok) throw new Error(`signing in answered ${answer.status}: ${await answer.text()}`);
      const { accessToken } = (await answer.json()) as { accessToken: string };
      this.#token = { value: accessToken, untilMs: Date.now() + tokenLastsMs };
    }
    return this.#token.value;
  }
}
