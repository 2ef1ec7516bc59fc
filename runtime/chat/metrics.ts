import { Counter, Gauge, Histogram, type Registry } from '../shared/metrics';
import type { CloseReason, Command } from './protocol';

/** What a chat pod tells about itself. */
export function createChatMetrics(registry: Registry) {
  const registers = [registry];
  const opened = new Counter({ name: 'chat_sockets_opened_total', help: 'Sockets accepted.', registers });
  const ended = new Counter({
    name: 'chat_sockets_ended_total',
    help: 'Sockets ended, by who or what ended them.',
    labelNames: ['reason'],
    registers,
  });
  const frames = new Counter({ name: 'chat_frames_sent_total', help: 'Broadcast frames written.', registers });
  const deliveries = new Counter({ name: 'chat_deliveries_total', help: 'Events times receivers.', registers });
  const commands = new Histogram({
    name: 'chat_command_duration_seconds',
    help: 'Seconds from a command to its answer.',
    labelNames: ['command', 'outcome'],
    buckets: [0.002, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2],
    registers,
  });
  return {
    countOpen: () => opened.inc(),
    countEnd: (reason: CloseReason | 'client') => ended.inc({ reason }),
    countFanOut: (framesSent: number, eventsDelivered: number) => {
      frames.inc(framesSent);
      deliveries.inc(eventsDelivered);
    },
    timeCommand(command: Command['type']) {
      const stop = commands.startTimer({ command });
      return (outcome: string) => stop({ outcome });
    },
    observe(figures: { readonly sockets: () => number; readonly rooms: () => number }) {
      new Gauge({
        name: 'chat_sockets',
        help: 'Open sockets.',
        registers,
        collect() {
          this.set(figures.sockets());
        },
      });
      new Gauge({
        name: 'chat_rooms',
        help: 'Rooms that this pod follows.',
        registers,
        collect() {
          this.set(figures.rooms());
        },
      });
    },
  };
}
