import { WebSocket } from 'ws';
import type { ServerFrame } from '../../../runtime/chat/protocol';
import { until } from './chat-pod';

/** A socket that speaks frame by frame, for what the typed client would never do. */
export class RawSocket {
  readonly frames: ServerFrame[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  refusedWith: number | undefined;
  readonly webSocket: WebSocket;

  constructor(url: string, options: { readonly origin?: string } = {}) {
    this.webSocket = new WebSocket(url.replace(/^http/, 'ws'), options);
    this.webSocket.on('message', (data) => this.frames.push(JSON.parse(String(data)) as ServerFrame));
    this.webSocket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    this.webSocket.on('unexpected-response', (_request, response) => {
      this.refusedWith = response.statusCode;
    });
    this.webSocket.on('error', () => undefined);
  }

  async opened(): Promise<this> {
    await until('the socket is open', () => this.webSocket.readyState === WebSocket.OPEN);
    return this;
  }

  send(frame: unknown): void {
    this.webSocket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  async joined(hello: object = {}): Promise<this> {
    await this.opened();
    this.send({ type: 'hello', protocol: 1, ...hello });
    await until('welcome', () => this.frames.some(({ type }) => type === 'welcome') || this.closed !== undefined);
    return this;
  }

  async closeCode(): Promise<number | undefined> {
    await until('the socket is closed', () => this.closed !== undefined);
    return this.closed?.code;
  }

  async answerTo(key: string): Promise<Extract<ServerFrame, { type: 'ack' | 'refused' }>> {
    const find = () => this.frames.find((frame) => 'key' in frame && frame.key === key);
    await until(`an answer to ${key}`, () => find() !== undefined);
    return find() as Extract<ServerFrame, { type: 'ack' | 'refused' }>;
  }
}

export async function takeTicket(url: string, streamId: string, token?: string): Promise<string> {
  const answer = await fetch(`${url}/api/chat/tickets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ streamId }),
  });
  return ((await answer.json()) as { url: string }).url;
}
