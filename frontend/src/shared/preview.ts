/** Reads previews as they travel: `editing/photos/preview_transport.py` states their form. */
const MAGIC = 0x56504c53;
const VERSION = 1;
const HEADER_BYTES = 16;

/** Linear pixels, row by row from the top, three channels each, in the bits of IEEE 754 half floats. */
export interface Preview {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint16Array<ArrayBuffer>;
}

/** Bytes that are no preview, or not all of one. The message says why. */
export class DamagedPreview extends Error {
  override readonly name = "DamagedPreview";
}

/** What was compressed. Its checksum tells bytes that were changed on their way. */
async function inflated(content: ArrayBuffer): Promise<ArrayBuffer> {
  try {
    const stream = new Blob([content]).stream().pipeThrough(new DecompressionStream("gzip"));
    return await new Response(stream).arrayBuffer();
  } catch {
    throw new DamagedPreview("it did not arrive whole");
  }
}

function readHeader(plain: ArrayBuffer): [height: number, width: number] {
  const view = new DataView(plain);
  if (plain.byteLength < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) throw new DamagedPreview("it is no photo");
  const [version, height, width] = [view.getUint32(4, true), view.getUint32(8, true), view.getUint32(12, true)];
  if (version !== VERSION) throw new DamagedPreview(`it is packed by version ${version}, not ${VERSION}`);
  const expected = HEADER_BYTES + height * width * 3 * Uint16Array.BYTES_PER_ELEMENT;
  if (height * width === 0 || plain.byteLength !== expected)
    throw new DamagedPreview("it has too few pixels, or too many");
  return [height, width];
}

/**
 * The pixels of a packed preview, to the last bit.
 *
 * @throws DamagedPreview
 */
export async function unpackPreview(content: ArrayBuffer): Promise<Preview> {
  const plain = await inflated(content);
  const [height, width] = readHeader(plain);
  const plane = height * width;
  const low = new Uint8Array(plain, HEADER_BYTES, 3 * plane);
  const high = new Uint8Array(plain, HEADER_BYTES + 3 * plane);
  const pixels = new Uint16Array(3 * plane);
  // Green first: the others are differences from it. What overflows 16 bits is cut off by the array, as was meant.
  for (const channel of [1, 0, 2]) {
    let position = channel * plane;
    let above = 0;
    for (let target = channel; target < pixels.length;) {
      let value = above;
      for (let column = 0; column < width; column += 1, position += 1, target += 3) {
        const residual = (low[position] ?? 0) | ((high[position] ?? 0) << 8);
        value += (residual >> 1) ^ -(residual & 1);
        if (column === 0) above = value;
        pixels[target] = channel === 1 ? value : value + (pixels[target - channel + 1] ?? 0);
      }
    }
  }
  return { width, height, pixels };
}
