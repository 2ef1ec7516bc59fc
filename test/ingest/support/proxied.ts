import { type AddressInfo, connect, createServer } from 'node:net';

/** A PROXY protocol v2 header as a load balancer in front of the gate would send it for this client. */
export function proxyHeader(address: string): Buffer {
  const header = Buffer.concat([Buffer.from('0d0a0d0a000d0a515549540a2111000c', 'hex'), Buffer.alloc(12)]);
  for (const [index, part] of address.split('.').entries()) header[16 + index] = Number(part);
  return header;
}

/** The nth of many clients, none of which is anybody. */
export const clientAddress = (index: number) => `198.18.${Math.floor(index / 250)}.${(index % 250) + 1}`;

/** A load balancer for one client: puts the header before what it passes on. */
export async function relayWithHeader(port: number, header: Buffer): Promise<{ port: number; close(): void }> {
  const relay = createServer((client) => {
    const gate = connect(port, '127.0.0.1');
    gate.write(header);
    client.pipe(gate).pipe(client);
    client.on('error', () => gate.destroy());
    gate.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  return { port: (relay.address() as AddressInfo).port, close: () => relay.close() };
}
