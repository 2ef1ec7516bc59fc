import { setTimeout as delay } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { type Revocation, revocation } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import type { StreamService } from './stream-service';

const retryMs = 500;
/** Home sends at least a comment in this time; a connection that says nothing for longer is dead. */
const silenceMs = 30_000;

/**
 * Listens to home for revoked keys, from the last one heard, for as long as the gate runs. A gate that was cut off
 * hears what it missed when it is connected again.
 */
export class RevocationListener {
  private after = 0;
  private connected = false;
  private readonly stopping = new AbortController();

  constructor(
    private readonly streamService: StreamService,
    private readonly revoked: (revocation: Revocation) => void,
    private readonly log: Logger,
  ) {}

  get isConnected(): boolean {
    return this.connected;
  }

  async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.listen();
      } catch (error) {
        if (!this.stopping.signal.aborted) this.log.warn({ err: error }, 'revocations from home are interrupted');
      }
      this.connected = false;
      await delay(retryMs * (0.75 + Math.random() / 2), undefined, { signal: this.stopping.signal, ref: false }).catch(
        () => undefined,
      );
    }
  }

  stop(): void {
    this.stopping.abort();
  }

  private async listen(): Promise<void> {
    const attempt = new AbortController();
    const signal = AbortSignal.any([attempt.signal, this.stopping.signal]);
    const silence = setTimeout(() => attempt.abort(new Error('home is silent')), silenceMs).unref();
    try {
      const body = await this.streamService.openRevocations(this.after, signal);
      this.connected = true;
      const alive = new TransformStream<Uint8Array, Uint8Array>({
        transform(bytes, controller) {
          silence.refresh();
          controller.enqueue(bytes);
        },
      });
      const events = body
        .pipeThrough(alive)
        .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
        .pipeThrough(new EventSourceParserStream());
      for await (const event of events) this.handle(event.data);
    } finally {
      clearTimeout(silence);
    }
  }

  private handle(data: string): void {
    const heard = revocation.parse(JSON.parse(data));
    this.after = Math.max(this.after, heard.id);
    this.revoked(heard);
  }
}
