/** Splits a server's byte stream into WebSocket messages: unmasked, unfragmented, as all servers here send them. */
export class FrameReader {
  private rest: Buffer | undefined;

  /** @param onMessage gets a view that is only valid during the call */
  constructor(private readonly onMessage: (opcode: number, payload: Buffer) => void) {}

  push(chunk: Buffer): void {
    const data = this.rest ? Buffer.concat([this.rest, chunk]) : chunk;
    let at = 0;
    for (;;) {
      const header = headerAt(data, at);
      if (!header || at + header.bytes + header.length > data.length) break;
      const start = at + header.bytes;
      this.onMessage((data[at] ?? 0) & 0x0f, data.subarray(start, start + header.length));
      at = start + header.length;
    }
    this.rest = at < data.length ? Buffer.from(data.subarray(at)) : undefined;
  }
}

function headerAt(data: Buffer, at: number): { readonly bytes: number; readonly length: number } | undefined {
  if (data.length < at + 2) return undefined;
  const short = (data[at + 1] ?? 0) & 0x7f;
  if (short < 126) return { bytes: 2, length: short };
  if (short === 126) return data.length < at + 4 ? undefined : { bytes: 4, length: data.readUInt16BE(at + 2) };
  return data.length < at + 10 ? undefined : { bytes: 10, length: Number(data.readBigUInt64BE(at + 2)) };
}

/** A masked client frame; the mask is zero, which costs nothing and is allowed by the letter of RFC 6455 § 5.3. */
export function clientTextFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const header = payload.length < 126 ? Buffer.alloc(6) : Buffer.alloc(8);
  header[0] = 0x81;
  if (payload.length < 126) header[1] = 0x80 | payload.length;
  else {
    header[1] = 0x80 | 126;
    header.writeUInt16BE(payload.length, 2);
  }
  return Buffer.concat([header, payload]);
}
