import { publicPorts } from '../../runtime/shared/public-ports';
import { streamContract } from '../../runtime/stream/contract';
import type { FleetRegion, PlatformInputs } from '../inputs';
import { secretPath } from '../pod';
import { livekitServerKeys } from '../secrets';

/** On the node's own address; the node's security group opens the public ones to the world. */
export const livekitPorts = {
  /** Server API, signalling and WHIP. */
  http: 7880,
  rtcTcp: publicPorts.rtcTcp,
  rtcUdpFrom: publicPorts.rtcUdp.from,
  rtcUdpTo: publicPorts.rtcUdp.to,
  /** Behind the load balancer, which ends TLS. */
  turnTls: publicPorts.turns,
  turnUdp: publicPorts.turnUdp,
  metrics: 6789,
} as const;

/** Name of LiveKit's one API key; its secret half is in the keys file. */
export const livekitKeyName = 'headend';

/** An instance under 32 vCPUs sends at most 5 Gbit/s to the internet (Amazon EC2 network bandwidth). */
const bytesPerSecond = 500_000_000;

/** LiveKit's configuration file. Its keys and Redis's address and password come from files and the environment. */
export function livekitConfiguration({ region, hosts, fleet }: PlatformInputs): Record<string, unknown> {
  const { turnHost } = ownRegion(fleet, region);
  return {
    port: livekitPorts.http,
    prometheus_port: livekitPorts.metrics,
    region,
    key_file: secretPath({ secret: livekitServerKeys.name, file: livekitServerKeys.file }),
    logging: { json: true, level: 'info' },
    rtc: {
      tcp_port: livekitPorts.rtcTcp,
      port_range_start: livekitPorts.rtcUdpFrom,
      port_range_end: livekitPorts.rtcUdpTo,
      use_external_ip: true,
      // Packagers of the same VPC take the short way.
      advertise_internal_ip: true,
    },
    turn: {
      enabled: true,
      domain: turnHost,
      tls_port: livekitPorts.turnTls,
      udp_port: livekitPorts.turnUdp,
      external_tls: true,
    },
    redis: { tls: { enabled: true } },
    // An encoder that reconnects within a minute finds its room.
    room: { departure_timeout: 60 },
    // Zero would mean no limit.
    limit: { bytes_per_sec: bytesPerSecond },
    node_selector: { kind: 'sysload', sysload_limit: 0.9, sort_by: 'bytespersec', algorithm: 'twochoice' },
    webhook: {
      api_key: livekitKeyName,
      urls: [`https://${hosts.app}${streamContract.routes.receiveLivekitWebhook.path}`],
    },
  };
}

export function ownRegion(fleet: readonly FleetRegion[], region: string): FleetRegion {
  const own = fleet.find((each) => each.region === region);
  if (!own) throw new Error(`region ${region} is not in the fleet: ${fleet.map((each) => each.region).join(', ')}`);
  return own;
}
