import { describe, expect, it } from "vitest";
import { NpyError, parseNpy } from "../src/npy";

const HEADER = "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3, 3), }";

/** A file as NumPy writes it, 18 values counting up from 0. */
function npy(header = HEADER, { major = 1, values = 18, padding = 1 } = {}): ArrayBuffer {
  const text = new TextEncoder().encode(`${header}${" ".repeat(padding)}\n`);
  const lengthBytes = major === 1 ? 2 : 4;
  const buffer = new ArrayBuffer(8 + lengthBytes + text.length + 2 * values);
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, major, 0]);
  if (major === 1) view.setUint16(8, text.length, true);
  else view.setUint32(8, text.length, true);
  bytes.set(text, 8 + lengthBytes);
  for (let index = 0; index < values; index += 1)
    view.setUint16(8 + lengthBytes + text.length + 2 * index, index, true);
  return buffer;
}

describe("parseNpy", () => {
  it.each([1, 2, 3])("reads version %d", (major) => {
    const preview = parseNpy(npy(HEADER, { major }));
    expect([preview.width, preview.height]).toEqual([3, 2]);
    expect([...preview.pixels]).toEqual(Array.from({ length: 18 }, (_, index) => index));
  });

  it("reads pixels that begin at an odd offset", () => {
    expect(parseNpy(npy(HEADER, { padding: 2 })).pixels[17]).toBe(17);
    expect(parseNpy(npy(HEADER, { padding: 3 })).pixels[17]).toBe(17);
  });

  it.each([
    ["not a .npy", new TextEncoder().encode("<html>no photo here</html>").buffer],
    ["not a .npy", new ArrayBuffer(0)],
    ["version 4", npy(HEADER, { major: 4 })],
    ["cut short", npy().slice(0, 20)],
    ["<f4", npy(HEADER.replace("<f2", "<f4"))],
    [">f2", npy(HEADER.replace("<f2", ">f2"))],
    ["Fortran", npy(HEADER.replace("False", "True"))],
    ["(2, 3)", npy(HEADER.replace("(2, 3, 3)", "(2, 3)"))],
    ["(2, 3, 4)", npy(HEADER.replace("(2, 3, 3)", "(2, 3, 4)"))],
    ["(0, 3, 3)", npy(HEADER.replace("(2, 3, 3)", "(0, 3, 3)"))],
    ["descr", npy(HEADER.replace("descr", "kind"))],
    ["34 bytes", npy(HEADER, { values: 17 })],
    ["38 bytes", npy(HEADER, { values: 19 })],
  ])("refuses what is no preview, and says %s", (reason, buffer) => {
    expect(() => parseNpy(buffer)).toThrow(NpyError);
    expect(() => parseNpy(buffer)).toThrow(reason);
  });
});
