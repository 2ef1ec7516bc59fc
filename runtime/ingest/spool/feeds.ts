import type { Spool } from './spool';

export interface Feed {
  readonly sessionId: string;
  readonly spool: Spool;
}

/** The feed of each stream that publishes here by RTMP. */
export class Feeds {
  private readonly byStream = new Map<string, Feed>();

  get(streamId: string): Feed | undefined {
    return this.byStream.get(streamId);
  }

  set(streamId: string, feed: Feed): void {
    this.byStream.set(streamId, feed);
  }

  /** Ends a feed's readers; a newer feed of the same stream stays. */
  end(streamId: string, feed: Feed): void {
    feed.spool.end();
    if (this.byStream.get(streamId) === feed) this.byStream.delete(streamId);
  }

  get heldBytes(): number {
    let bytes = 0;
    for (const { spool } of this.byStream.values()) bytes += spool.heldBytes;
    return bytes;
  }
}
