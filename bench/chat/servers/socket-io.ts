import { createServer } from 'node:http';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { room } from '../plan';
import { announce } from './announce';

/** Socket.IO as its documentation sets it up for several processes: the sharded Redis adapter. */
const port = Number(process.env.PORT);
const redisUrl = process.env.REDIS_URL ?? '';
const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  adapter: createShardedAdapter(new Redis(redisUrl), new Redis(redisUrl)),
});
io.on('connection', (socket) => {
  void socket.join(room);
  socket.on('publish', (message: unknown) => io.to(room).emit('message', message));
});
http.listen(port, '127.0.0.1', () => announce(port));
