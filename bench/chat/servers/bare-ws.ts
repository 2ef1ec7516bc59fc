import { WebSocketServer } from 'ws';
import { announce } from './announce';

/** The least a broadcaster can be: no history, no recovery, one process. With a window, it gathers messages. */
const windowMs = Number(process.env.WINDOW_MS ?? 0);
const port = Number(process.env.PORT);
const server = new WebSocketServer({ port, host: '127.0.0.1', perMessageDeflate: false });
let waiting: string[] = [];

function broadcast(text: string): void {
  const data = Buffer.from(text);
  for (const client of server.clients) client.send(data, { binary: false });
}

server.on('connection', (socket) => {
  socket.on('message', (data) => {
    if (windowMs === 0) broadcast(String(data));
    else waiting.push(String(data));
  });
});
if (windowMs > 0) {
  setInterval(() => {
    if (waiting.length === 0) return;
    broadcast(`[${waiting.join(',')}]`);
    waiting = [];
  }, windowMs);
}
server.on('listening', () => announce(port));
