import { renameSync, writeFileSync } from 'node:fs';
import type { PortPlan } from './port-plan';
import type { ServerReport } from './provision/types';

/** What `--ready-file` holds once everything runs: all that another program needs to drive this platform. */
export interface ReadyFile {
  /** Pages and APIs. */
  readonly baseUrl: string;
  /** Object keys of the media layout follow. */
  readonly mediaBaseUrl: string;
  /** Without the key: `rtmp://…/live`. */
  readonly rtmpUrl: string;
  readonly whipUrl: string;
  /** Signalling, `ws://…`. */
  readonly livekitUrl: string;
  readonly ports: PortPlan;
  readonly account: { readonly email: string; readonly password: string };
  readonly streamKey: string;
  readonly channelHandle: string;
  readonly servers: readonly ServerReport[];
  readonly services: readonly LocalServiceReport[];
}

export interface LocalServiceReport {
  readonly name: string;
  readonly url: string;
  readonly managementUrl: string;
  readonly pid: number;
}

/** Appears whole or not at all: readers wait for it to exist. */
export function writeReadyFile(file: string, content: ReadyFile): void {
  const partial = `${file}.partial`;
  writeFileSync(partial, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(partial, file);
}
