export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Planes of 4:2:0, one after the other. */
  readonly planes: Buffer;
}

const lineEnd = 0x0a;
const longestHeader = 256;

/** Cuts ffmpeg's `yuv4mpegpipe` into pictures; the stream says their size itself. Throws for any other format. */
export class Y4mReader {
  private rest: Buffer = Buffer.alloc(0);
  private size: { readonly width: number; readonly height: number } | undefined;

  push(bytes: Buffer): void {
    this.rest = Buffer.concat([this.rest, bytes]);
  }

  /** The next whole picture, or undefined until more bytes come. */
  next(): Picture | undefined {
    this.size ??= this.readSize();
    if (!this.size) return undefined;
    const { width, height } = this.size;
    const header = this.rest.indexOf(lineEnd);
    const end = header + 1 + (width * height * 3) / 2;
    if (header === -1 || this.rest.length < end) return undefined;
    const planes = this.rest.subarray(header + 1, end);
    this.rest = this.rest.subarray(end);
    return { width, height, planes };
  }

  private readSize() {
    const end = this.rest.indexOf(lineEnd);
    if (end === -1) {
      if (this.rest.length > longestHeader) throw new Error('the pictures have no header');
      return undefined;
    }
    const header = this.rest.toString('latin1', 0, end);
    const [, width, height] = /^YUV4MPEG2 W(\d+) H(\d+) .*\bC420/.exec(header) ?? [];
    if (width === undefined || height === undefined) throw new Error(`these pictures are not 4:2:0: ${header}`);
    this.rest = this.rest.subarray(end + 1);
    return { width: Number(width), height: Number(height) };
  }
}
