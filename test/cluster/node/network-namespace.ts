import { writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { execute, requireTool } from '../../../runtime/local/provision/execute';
import { forward } from '../forward';

/** Address of the node; pods reach it, and through it the data servers on the node's loopback. */
export const nodeAddress = '10.200.0.1';
export const podRange = '10.244.0.0/24';

/** Gives the namespace that we are in an address besides loopback, and lets it forward between pods. */
export async function configureNamespace(): Promise<void> {
  const ip = (...args: string[]) => execute(requireTool('ip'), args);
  await ip('link', 'set', 'lo', 'up');
  await ip('link', 'add', 'node0', 'type', 'veth', 'peer', 'name', 'node1');
  await ip('address', 'add', `${nodeAddress}/24`, 'dev', 'node0');
  await ip('link', 'set', 'node0', 'up');
  await ip('link', 'set', 'node1', 'up');
  // Leads nowhere: what a pod sends to the world is lost, as it would be behind a closed gateway.
  await ip('route', 'add', 'default', 'via', '10.200.0.2', 'dev', 'node0');
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
}

/**
 * Lets pods, and processes of the node itself, reach a server of loopback at the node's address and the same port. To the
 * server its client is local, which is what PostgreSQL asks of those without TLS.
 */
export function exposeLoopback(port: number): Promise<Server> {
  return forward({ host: nodeAddress, port }, port);
}
