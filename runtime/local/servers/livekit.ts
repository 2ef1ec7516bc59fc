import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { failWhenExited, type RunningProcess, startProcess } from '../child-process';
import { poll } from '../poll';
import type { Installation } from '../provision/types';

export interface LiveKitKeys {
  readonly apiKey: string;
  readonly apiSecret: string;
}

export interface LiveKitPorts {
  /** HTTP API, signalling and WHIP. */
  readonly http: number;
  /** Media over TCP. */
  readonly tcp: number;
  /** All media over UDP. */
  readonly udp: number;
}

export interface LiveKitOptions {
  readonly installation: Installation;
  readonly dataDirectory: string;
  readonly ports: LiveKitPorts;
  readonly keys: LiveKitKeys;
  readonly webhookUrls: readonly string[];
  readonly onLine?: (line: string) => void;
}

export async function startLiveKitServer(options: LiveKitOptions): Promise<RunningProcess> {
  const { installation, dataDirectory, ports, onLine } = options;
  mkdirSync(dataDirectory, { recursive: true });
  const file = join(dataDirectory, 'livekit.yaml');
  writeFileSync(file, stringify(liveKitConfiguration(options)), { mode: 0o600 });
  const running = await startProcess({
    name: 'livekit',
    command: installation.command('livekit-server', [dataDirectory]),
    arguments: ['--config', file],
    ...(onLine && { onLine }),
  });
  const healthy = async () => {
    const { ok, status } = await fetch(`http://127.0.0.1:${ports.http}/`);
    if (!ok) throw new Error(`it answered ${status}`);
  };
  await poll(healthy, { what: 'LiveKit answering', deadlineMs: 20_000, abort: failWhenExited(running) });
  return running;
}

/** Loopback only. LiveKit's own `--dev` picks an address by which loopback clients do not reach it. */
export function liveKitConfiguration({
  ports,
  keys,
  webhookUrls,
}: Pick<LiveKitOptions, 'ports' | 'keys' | 'webhookUrls'>): Record<string, unknown> {
  return {
    port: ports.http,
    bind_addresses: ['127.0.0.1'],
    rtc: {
      tcp_port: ports.tcp,
      udp_port: ports.udp,
      node_ip: '127.0.0.1',
      use_external_ip: false,
      enable_loopback_candidate: true,
      interfaces: { includes: ['lo', 'lo0'] },
    },
    keys: { [keys.apiKey]: keys.apiSecret },
    ...(webhookUrls.length > 0 && { webhook: { api_key: keys.apiKey, urls: webhookUrls } }),
  };
}
