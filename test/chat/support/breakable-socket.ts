import { WebSocket } from 'ws';

/** A WebSocket class whose open sockets a test can cut, as a network would. */
export function breakableSockets() {
  const open = new Set<WebSocket>();
  class BreakableSocket extends WebSocket {
    constructor(url: string) {
      super(url);
      open.add(this);
      this.on('close', () => open.delete(this));
      this.on('error', () => undefined);
    }
  }
  return {
    constructor: BreakableSocket as never,
    /** Cuts every connection without a close frame. */
    cut: () => {
      for (const socket of open) socket.terminate();
    },
  };
}
