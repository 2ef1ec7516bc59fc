import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { chatContract } from '../../runtime/chat/contract';
import { closeCodes, type HelloFrame, protocolVersion } from '../../runtime/chat/protocol';
import { answerMs, Finding, type SmokeCheck, type SmokeTarget } from './target';

/** What needs a connection of its own. */
export function socketChecks({ app, rtmp }: SmokeTarget): SmokeCheck[] {
  return [
    { name: 'chat socket', run: () => uninvited(app) },
    ...(rtmp ? [{ name: 'ingest port', run: () => reached(rtmp) }] : []),
  ];
}

/** Opens a socket without a ticket: that it is turned away by chat's own code proves the way to chat. */
function uninvited(app: URL): Promise<string> {
  const url = new URL(`${chatContract.routes.connect.path}?streamId=smoke`, app);
  url.protocol = app.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url, { origin: app.origin });
  const hello: HelloFrame = { type: 'hello', protocol: protocolVersion };
  let timer: NodeJS.Timeout;
  return new Promise<string>((resolve, reject) => {
    timer = setTimeout(() => reject(new Finding('chat says nothing to a socket without a ticket')), answerMs);
    socket.on('open', () => socket.send(JSON.stringify(hello)));
    socket.on('error', ({ message }) => reject(new Finding(message)));
    socket.on('close', (code) => {
      const expected = closeCodes.unauthenticated.code;
      if (code === expected) resolve(`turned away without a ticket (${code})`);
      else reject(new Finding(`closed with ${code}, expected ${expected}`));
    });
  }).finally(() => {
    clearTimeout(timer);
    socket.terminate();
  });
}

function reached({ protocol, hostname, port }: URL): Promise<string> {
  const isTls = protocol === 'rtmps:';
  const address = { host: hostname, port: Number(port) };
  const socket: Socket = isTls ? connectTls({ ...address, servername: hostname }) : connectTcp(address);
  return new Promise<string>((resolve, reject) => {
    socket.once(isTls ? 'secureConnect' : 'connect', () => resolve(`${isTls ? 'TLS' : 'TCP'} on ${hostname}:${port}`));
    socket.once('error', ({ message }) => reject(new Finding(message)));
    socket.setTimeout(answerMs, () => reject(new Finding(`${hostname}:${port} does not answer`)));
  }).finally(() => socket.destroy());
}
