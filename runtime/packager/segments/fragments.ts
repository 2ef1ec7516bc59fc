/** Fragmented MP4 as ffmpeg writes it on a pipe: ISO/IEC 14496-12, one track, `default-base-is-moof`. */

/** The part that comes once: `ftyp` and `moov`. */
export interface InitSegment {
  readonly kind: 'init';
  readonly bytes: Buffer;
  readonly timescale: number;
  readonly codec: string;
  /** Absent for audio. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
}

/** One `moof` with its `mdat`. */
export interface Fragment {
  readonly kind: 'fragment';
  /** In order; whoever needs one buffer joins them, once. */
  readonly pieces: readonly Buffer[];
  /** `tfdt`, in seconds of the source's clock. */
  readonly startSeconds: number;
  readonly durationSeconds: number;
}

export class Mp4Error extends Error {
  override readonly name = 'Mp4Error';
}

interface Box {
  readonly type: string;
  /** The whole box. */
  readonly bytes: Buffer;
  /** What follows size and type. */
  readonly body: Buffer;
}

/** Splits what ffmpeg writes into the init segment and fragments. Throws {@link Mp4Error} for anything else. */
export async function* readFragments(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<InitSegment | Fragment> {
  let ftyp: Buffer | undefined;
  let init: InitSegment | undefined;
  let moof: Box | undefined;
  for await (const box of readBoxes(chunks)) {
    if (box.type === 'ftyp') ftyp = box.bytes;
    if (box.type === 'moov') {
      init = readInit(Buffer.concat([ftyp ?? Buffer.alloc(0), box.bytes]), box);
      yield init;
    }
    if (box.type === 'moof') moof = box;
    if (box.type === 'mdat') {
      if (!init || !moof) throw new Mp4Error('media came before its description');
      yield readFragment(moof, box, init.timescale);
      moof = undefined;
    }
  }
}

async function* readBoxes(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Box> {
  // Chunks are joined once per box, not once per chunk: a segment is a megabyte in pieces of 64 KiB.
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let wanted = boxHeaderBytes;
  for await (const chunk of chunks) {
    pending.push(chunk);
    pendingBytes += chunk.length;
    if (pendingBytes < wanted) continue;
    let buffered = Buffer.concat(pending);
    for (;;) {
      const size = buffered.length < boxHeaderBytes ? boxHeaderBytes : buffered.readUInt32BE(0);
      if (size < boxHeaderBytes) throw new Mp4Error(`a box of ${size} bytes`);
      wanted = size;
      if (buffered.length < Math.max(size, boxHeaderBytes)) break;
      yield boxAt(buffered, 0);
      buffered = buffered.subarray(size);
    }
    pending = [buffered];
    pendingBytes = buffered.length;
  }
}

const boxHeaderBytes = 8;

function boxAt(buffer: Buffer, offset: number): Box {
  const size = buffer.readUInt32BE(offset);
  const bytes = buffer.subarray(offset, offset + size);
  return { type: bytes.toString('latin1', 4, 8), bytes, body: bytes.subarray(boxHeaderBytes) };
}

function children(body: Buffer): Box[] {
  const found: Box[] = [];
  for (let offset = 0; offset + boxHeaderBytes <= body.length; ) {
    const box = boxAt(body, offset);
    if (box.bytes.length < boxHeaderBytes) break;
    found.push(box);
    offset += box.bytes.length;
  }
  return found;
}

/** The first box at a path of types. */
function find(body: Buffer, ...path: readonly string[]): Box | undefined {
  const [type, ...rest] = path;
  const box = children(body).find((child) => child.type === type);
  return box && rest.length > 0 ? find(box.body, ...rest) : box;
}

function required(body: Buffer, ...path: readonly string[]): Box {
  const box = find(body, ...path);
  if (!box) throw new Mp4Error(`no ${path.join('/')}`);
  return box;
}

/** Version and flags of a full box, then its fields. */
const fullBoxBytes = 4;

function readInit(bytes: Buffer, moov: Box): InitSegment {
  const mdhd = required(moov.body, 'trak', 'mdia', 'mdhd').body;
  const timescale = mdhd.readUInt32BE(fullBoxBytes + (mdhd[0] === 1 ? 16 : 8));
  const stsd = required(moov.body, 'trak', 'mdia', 'minf', 'stbl', 'stsd').body;
  const entry = boxAt(stsd, fullBoxBytes + 4);
  if (entry.type === 'avc1') return { kind: 'init', bytes, timescale, ...readAvcEntry(entry.body) };
  if (entry.type === 'mp4a') return { kind: 'init', bytes, timescale, codec: aacLowComplexity, size: undefined };
  throw new Mp4Error(`a sample entry ${entry.type}`);
}

/** The only audio that our ladder makes. */
const aacLowComplexity = 'mp4a.40.2';
const visualSampleEntryBytes = 78;

/** RFC 6381 § 3.3: profile, constraints and level of the configuration record in hexadecimal. */
function readAvcEntry(entry: Buffer): Pick<InitSegment, 'codec' | 'size'> {
  const record = required(entry.subarray(visualSampleEntryBytes), 'avcC').body;
  return {
    codec: `avc1.${record.toString('hex', 1, 4)}`,
    size: { width: entry.readUInt16BE(24), height: entry.readUInt16BE(26) },
  };
}

function readFragment(moof: Box, mdat: Box, timescale: number): Fragment {
  const traf = required(moof.body, 'traf').body;
  const tfdt = required(traf, 'tfdt').body;
  const start = tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(fullBoxBytes)) : tfdt.readUInt32BE(fullBoxBytes);
  const defaultDuration = readDefaultDuration(required(traf, 'tfhd').body);
  const duration = children(traf)
    .filter(({ type }) => type === 'trun')
    .reduce((sum, trun) => sum + runDuration(trun.body, defaultDuration), 0);
  return {
    kind: 'fragment',
    pieces: [moof.bytes, mdat.bytes],
    startSeconds: start / timescale,
    durationSeconds: duration / timescale,
  };
}

/** Track fragment header, § 8.8.7: which optional fields precede the default duration. */
function readDefaultDuration(tfhd: Buffer): number {
  const flags = tfhd.readUIntBE(1, 3);
  const offset = fullBoxBytes + 4 + (flags & 0x1 ? 8 : 0) + (flags & 0x2 ? 4 : 0);
  return flags & 0x8 ? tfhd.readUInt32BE(offset) : 0;
}

/** Track run, § 8.8.8. */
function runDuration(trun: Buffer, defaultDuration: number): number {
  const flags = trun.readUIntBE(1, 3);
  const samples = trun.readUInt32BE(fullBoxBytes);
  if (!(flags & 0x100)) return samples * defaultDuration;
  const firstSample = fullBoxBytes + 4 + (flags & 0x1 ? 4 : 0) + (flags & 0x4 ? 4 : 0);
  const stride = 4 * [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length;
  let sum = 0;
  for (let sample = 0; sample < samples; sample += 1) sum += trun.readUInt32BE(firstSample + sample * stride);
  return sum;
}
