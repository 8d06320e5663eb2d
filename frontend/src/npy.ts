/** Reads previews: NumPy's `.npy`, float16, of shape (height, width, 3). */
import type { Preview } from "./state";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** A file that is not a preview. The message says why. */
export class NpyError extends Error {
  override readonly name = "NpyError";
}

function readHeader(buffer: ArrayBuffer): { header: string; offset: number } {
  const bytes = new Uint8Array(buffer);
  if (bytes.length < 10 || MAGIC.some((byte, index) => bytes[index] !== byte)) throw new NpyError("not a .npy file");
  const major = bytes[6] ?? 0;
  if (major < 1 || major > 3) throw new NpyError(`.npy version ${major} is not known`);
  const start = major === 1 ? 10 : 12;
  if (bytes.length < start) throw new NpyError("the header is cut short");
  const view = new DataView(buffer);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (bytes.length < start + length) throw new NpyError("the header is cut short");
  // Versions 1 and 2 are Latin-1, 3 is UTF-8; what is looked for here is ASCII.
  return { header: new TextDecoder().decode(bytes.subarray(start, start + length)), offset: start + length };
}

function field(header: string, name: string, pattern: string): string {
  const match = new RegExp(`['"]${name}['"]\\s*:\\s*${pattern}`).exec(header);
  if (match?.[1] === undefined) throw new NpyError(`the header names no ${name} that is understood`);
  return match[1];
}

/**
 * The pixels of a `.npy` file.
 *
 * @throws NpyError unless it holds little-endian float16 of shape (height, width, 3) in C order, complete
 */
export function parseNpy(buffer: ArrayBuffer): Preview {
  const { header, offset } = readHeader(buffer);
  const type = field(header, "descr", `['"]([^'"]+)['"]`);
  if (type !== "<f2") throw new NpyError(`the values are ${type}, not little-endian float16`);
  if (field(header, "fortran_order", "(True|False)") !== "False") throw new NpyError("the array is in Fortran order");
  const shape = field(header, "shape", "\\(([^)]*)\\)");
  const [height = 0, width = 0, channels, ...rest] = shape
    .split(",")
    .filter((part) => part.trim() !== "")
    .map(Number);
  if (channels !== 3 || rest.length > 0 || !(height > 0) || !(width > 0)) {
    throw new NpyError(`the shape is (${shape}), not (height, width, 3)`);
  }
  const wanted = height * width * 3 * Uint16Array.BYTES_PER_ELEMENT;
  const found = buffer.byteLength - offset;
  if (found !== wanted) throw new NpyError(`there are ${found} bytes of pixels, not ${wanted}`);
  // A slice, since the offset need not be aligned.
  return { width, height, pixels: new Uint16Array(buffer.slice(offset)) };
}
