/** Planar 4:2:0 pictures: a plane of luma, then two of chroma with half the sides. Sides are even. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export const pictureBytes = (width: number, height: number) => (width * height * 3) / 2;

const slateLuma = 40;
const neutralChroma = 128;

/** What viewers see while nothing arrives: dark grey. */
export function slate(width: number, height: number): Picture {
  const data = new Uint8Array(pictureBytes(width, height)).fill(neutralChroma);
  data.fill(slateLuma, 0, width * height);
  return { width, height, data };
}

/**
 * The picture at another size, by nearest neighbour, with bars where the shape differs. Cheap, because it is for the
 * moments when a sender is short of CPU or bandwidth and sends fewer lines.
 */
export function fitInto(picture: Picture, width: number, height: number): Picture {
  if (picture.width === width && picture.height === height) return picture;
  const scale = Math.min(width / picture.width, height / picture.height);
  const inner = { width: evenFloor(picture.width * scale), height: evenFloor(picture.height * scale) };
  const left = evenFloor((width - inner.width) / 2);
  const top = evenFloor((height - inner.height) / 2);
  const target = slate(width, height);
  const from = planesOf(picture);
  planesOf(target).forEach((plane, index) => {
    const source = from[index];
    if (!source) return;
    const factor = index === 0 ? 1 : 2;
    const area = { left: left / factor, top: top / factor, width: inner.width / factor, height: inner.height / factor };
    scalePlane(source, plane, area);
  });
  return target;
}

interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

function planesOf({ width, height, data }: Picture): readonly Plane[] {
  const luma = width * height;
  const chroma = luma / 4;
  const half = { width: width / 2, height: height / 2 };
  return [
    { width, height, data: data.subarray(0, luma) },
    { ...half, data: data.subarray(luma, luma + chroma) },
    { ...half, data: data.subarray(luma + chroma, luma + 2 * chroma) },
  ];
}

function scalePlane(
  from: Plane,
  to: Plane,
  area: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
): void {
  const columns = Uint32Array.from({ length: area.width }, (_, x) => Math.floor((x * from.width) / area.width));
  for (let y = 0; y < area.height; y += 1) {
    const sourceRow = Math.floor((y * from.height) / area.height) * from.width;
    const targetRow = (area.top + y) * to.width + area.left;
    for (let x = 0; x < area.width; x += 1) {
      to.data[targetRow + x] = from.data[sourceRow + (columns[x] as number)] as number;
    }
  }
}

const evenFloor = (value: number) => Math.floor(value / 2) * 2;
