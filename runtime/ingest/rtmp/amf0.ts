import { ProtocolError } from './protocol-error';

/** Values of Action Message Format 0 (Adobe, 2007), as far as publishers use them. Objects are maps: names are data. */
export type AmfValue = number | boolean | string | null | undefined | AmfObject | readonly AmfValue[];
export type AmfObject = ReadonlyMap<string, AmfValue>;

export interface AmfLimits {
  readonly depth: number;
  readonly values: number;
}

const marker = {
  number: 0x00,
  boolean: 0x01,
  string: 0x02,
  object: 0x03,
  null: 0x05,
  undefined: 0x06,
  ecmaArray: 0x08,
  objectEnd: 0x09,
  strictArray: 0x0a,
  date: 0x0b,
  longString: 0x0c,
} as const;

/** Reads every value of a message. Throws {@link ProtocolError} for what is malformed, too deep or too many. */
export function decodeAmf(bytes: Buffer, limits: AmfLimits): AmfValue[] {
  const reader = new AmfReader(bytes, limits.values);
  const values: AmfValue[] = [];
  while (!reader.atEnd) values.push(reader.value(limits.depth));
  return values;
}

class AmfReader {
  private offset = 0;

  constructor(
    private readonly bytes: Buffer,
    private valuesLeft: number,
  ) {}

  get atEnd(): boolean {
    return this.offset >= this.bytes.length;
  }

  value(depthLeft: number): AmfValue {
    if (--this.valuesLeft < 0) throw new ProtocolError('an AMF message has too many values');
    const type = this.take(1)[0];
    switch (type) {
      case marker.number:
        return this.take(8).readDoubleBE(0);
      case marker.boolean:
        return this.take(1)[0] !== 0;
      case marker.string:
        return this.shortString();
      case marker.longString:
        return this.take(this.take(4).readUInt32BE(0)).toString('utf8');
      case marker.null:
        return null;
      case marker.undefined:
        return undefined;
      case marker.object:
        return this.object(depthLeft);
      case marker.ecmaArray:
        // The count is a hint only; the end marker decides.
        this.take(4);
        return this.object(depthLeft);
      case marker.strictArray:
        return this.strictArray(depthLeft);
      case marker.date: {
        const milliseconds = this.take(8).readDoubleBE(0);
        this.take(2);
        return milliseconds;
      }
      default:
        throw new ProtocolError('an AMF value has an unknown type');
    }
  }

  private object(depthLeft: number): AmfObject {
    if (depthLeft === 0) throw new ProtocolError('an AMF message nests too deep');
    const object = new Map<string, AmfValue>();
    for (;;) {
      const name = this.shortString();
      if (name === '' && this.bytes[this.offset] === marker.objectEnd) {
        this.offset += 1;
        return object;
      }
      object.set(name, this.value(depthLeft - 1));
    }
  }

  private strictArray(depthLeft: number): AmfValue[] {
    if (depthLeft === 0) throw new ProtocolError('an AMF message nests too deep');
    const length = this.take(4).readUInt32BE(0);
    const array: AmfValue[] = [];
    for (let index = 0; index < length; index += 1) array.push(this.value(depthLeft - 1));
    return array;
  }

  private shortString(): string {
    return this.take(this.take(2).readUInt16BE(0)).toString('utf8');
  }

  private take(length: number): Buffer {
    const end = this.offset + length;
    if (end > this.bytes.length) throw new ProtocolError('an AMF message ends early');
    const taken = this.bytes.subarray(this.offset, end);
    this.offset = end;
    return taken;
  }
}

/** An object to encode, from a literal. */
export const amfObject = (members: Readonly<Record<string, AmfValue>>): AmfObject => new Map(Object.entries(members));

export function encodeAmf(values: readonly AmfValue[]): Buffer {
  return Buffer.concat(values.map(encodeValue));
}

function encodeValue(value: AmfValue): Buffer {
  if (value === null) return Buffer.of(marker.null);
  if (value === undefined) return Buffer.of(marker.undefined);
  if (typeof value === 'boolean') return Buffer.of(marker.boolean, value ? 1 : 0);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (typeof value === 'string') return Buffer.concat([Buffer.of(marker.string), encodeShortString(value)]);
  if (isArray(value)) {
    const head = Buffer.alloc(5);
    head[0] = marker.strictArray;
    head.writeUInt32BE(value.length, 1);
    return Buffer.concat([head, ...value.map(encodeValue)]);
  }
  const members = [...value].flatMap(([name, member]) => [encodeShortString(name), encodeValue(member)]);
  return Buffer.concat([Buffer.of(marker.object), ...members, Buffer.of(0, 0, marker.objectEnd)]);
}

/** `Array.isArray` does not narrow a readonly array. */
const isArray = (value: AmfObject | readonly AmfValue[]): value is readonly AmfValue[] => Array.isArray(value);

function encodeShortString(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
