import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type LoadPlan, type LoadReport, publishers } from '../plan';
import { type Dialect, dialects, type Reading } from './dialects';
import { clientTextFrame, FrameReader } from './frame-reader';

/** One process that plays every viewer: opens the sockets, publishes, and checks and times what arrives. */
const plan = JSON.parse(process.argv[2] ?? '') as LoadPlan;
const dialect: Dialect = dialects[plan.dialect];
const connectAtOnce = 100;
const longestMs = 20_000;
const drainMs = 3_000;

const now = () => performance.timeOrigin + performance.now();
const report = (message: LoadReport) => process.send?.(message);

const latencies = new Uint32Array(longestMs);
const state = { measuring: false, deliveries: 0, frames: 0, total: 0, outOfOrder: 0, disconnected: 0, published: 0 };

/** The same bytes go to everyone: they are parsed once. */
const readings = new Map<string, Reading>();

function read(payload: string): Reading {
  const known = readings.get(payload);
  if (known) return known;
  const reading = dialect.read(payload);
  if (readings.size > 500) readings.clear();
  if (reading.deliveries.length > 0) readings.set(payload, reading);
  return reading;
}

class Viewer {
  private socket: Socket | undefined;
  private offset = 0;
  private done = false;

  constructor(private readonly index: number) {}

  join(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect(plan.port, '127.0.0.1');
      this.socket = socket;
      socket.setNoDelay(true);
      socket.write(upgradeRequest(dialect.path));
      const frames = new FrameReader((opcode, payload) => this.receive(opcode, payload, resolve));
      let head: Buffer | undefined = Buffer.alloc(0);
      socket.on('data', (chunk) => {
        if (head === undefined) {
          frames.push(chunk);
          return;
        }
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!head.toString('latin1').startsWith('HTTP/1.1 101')) reject(new Error(head.toString('latin1')));
        const rest = head.subarray(end + 4);
        head = undefined;
        const hello = dialect.hello(this.index);
        if (hello !== undefined) this.send(hello);
        else if (plan.dialect === 'plain') resolve();
        if (rest.length > 0) frames.push(rest);
      });
      socket.on('error', reject);
      socket.on('close', () => {
        if (!this.done) state.disconnected += 1;
      });
    });
  }

  send(text: string): void {
    this.socket?.write(clientTextFrame(text));
  }

  leave(): void {
    this.done = true;
    this.socket?.destroy();
  }

  private receive(opcode: number, payload: Buffer, joined: () => void): void {
    if (opcode !== 1) return;
    const reading = read(payload.toString('latin1'));
    if (reading.reply !== undefined) this.send(reading.reply);
    if (reading.joinedAt !== undefined) this.offset = reading.joinedAt;
    if (reading.joined) joined();
    if (reading.deliveries.length === 0) return;
    const at = now();
    state.total += reading.deliveries.length;
    for (const { sentAtMs, offset } of reading.deliveries) {
      if (offset !== undefined) {
        if (offset !== this.offset + 1) state.outOfOrder += 1;
        this.offset = offset;
      }
      if (!state.measuring) continue;
      const latency = Math.min(longestMs - 1, Math.max(0, Math.round(at - sentAtMs)));
      latencies[latency] = (latencies[latency] ?? 0) + 1;
    }
    if (!state.measuring) return;
    state.deliveries += reading.deliveries.length;
    state.frames += 1;
  }
}

function upgradeRequest(path: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n');
}

function percentile(share: number): number {
  const wanted = latencies.reduce((sum, count) => sum + count, 0) * share;
  let seen = 0;
  return latencies.findIndex((count) => {
    seen += count;
    return seen >= wanted;
  });
}

/** Publishes at the planned rate, in turn from each publisher, catching up where a timer was late. */
async function publishFor(viewers: readonly Viewer[], seconds: number): Promise<void> {
  const start = now();
  const count = Math.round(seconds * plan.messagesPerSecond);
  for (let sent = 0; sent < count; sent += 1) {
    const due = start + (sent * 1_000) / plan.messagesPerSecond;
    const early = due - now();
    if (early > 0) await pause(early);
    viewers[state.published % publishers]?.send(dialect.publish(state.published, now()));
    state.published += 1;
  }
}

async function main(): Promise<void> {
  const viewers = Array.from({ length: plan.connections }, (_, index) => new Viewer(index));
  for (let index = 0; index < viewers.length; index += connectAtOnce) {
    await Promise.all(viewers.slice(index, index + connectAtOnce).map((viewer) => viewer.join()));
  }
  report({ type: 'connected' });
  await new Promise((resolve) => process.once('message', resolve));
  await publishFor(viewers, plan.warmUpSeconds);
  state.measuring = true;
  report({ type: 'measuring' });
  await publishFor(viewers, plan.measuredSeconds);
  state.measuring = false;
  report({ type: 'measured' });
  await pause(drainMs);
  report({
    type: 'result',
    deliveries: state.deliveries,
    frames: state.frames,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    published: state.published,
    missing: state.published * plan.connections - state.total,
    outOfOrder: state.outOfOrder,
    disconnected: state.disconnected,
  });
  for (const viewer of viewers) viewer.leave();
  process.disconnect();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
