import { analyticsContract as analytics } from '../analytics/contract';
import { authContract } from '../auth/contract';
import { chatContract as chat } from '../chat/contract';
import { ingestContract as ingest } from '../ingest/contract';
import { packagerContract as packager } from '../packager/contract';
import { streamContract } from '../stream/contract';
import { webContract as web } from '../web/contract';

/** Every service of the platform, as its contract describes it. */
export const contracts = {
  auth: authContract,
  stream: streamContract,
  chat,
  analytics,
  web,
  ingest,
  packager,
} as const;

export type LocalService = keyof typeof contracts;

export const localServices = Object.keys(contracts) as LocalService[];

/**
 * Every port of a laptop run, by its usual number. The order is part of the interface: with `--port-base N` a port is
 * N plus its place in this list, so new ones go to the end.
 */
const usualPorts = {
  /** The one address that people and browsers use. */
  gateway: 8080,
  rtmp: 1935,
  auth: authContract.port,
  authManagement: authContract.managementPort,
  stream: streamContract.port,
  streamManagement: streamContract.managementPort,
  chat: chat.port,
  chatManagement: chat.managementPort,
  analytics: analytics.port,
  analyticsManagement: analytics.managementPort,
  web: web.port,
  webManagement: web.managementPort,
  ingest: ingest.port,
  ingestManagement: ingest.managementPort,
  packager: packager.port,
  packagerManagement: packager.managementPort,
  livekit: 7880,
  livekitTcp: 7881,
  /** UDP. */
  livekitUdp: 7882,
  regionalCache: 8081,
  shieldCache: 8082,
  // Off the well-known numbers, where a developer's own databases may be.
  postgres: 15432,
  postgresReader: 15433,
  redis: 16379,
  redisBus: 16380,
  mongo: 17017,
  s3: 17070,
  /** Of the CDN what is no cache: cookie check and API. */
  cdn: 8083,
} as const;

export type PortName = keyof typeof usualPorts;

export type PortPlan = Readonly<Record<PortName, number>>;

const names = Object.keys(usualPorts) as PortName[];

export const portsNeeded = names.length;

/** @param base first of {@link portsNeeded} consecutive ports; undefined gives each its usual number */
export function planPorts(base?: number): PortPlan {
  if (base === undefined) return usualPorts;
  return Object.fromEntries(names.map((name, index) => [name, base + index])) as PortPlan;
}
