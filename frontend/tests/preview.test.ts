import { describe, expect, it } from "vitest";
import fixture from "../../tests/fixtures/packed_preview.json";
import { DamagedPreview, unpackPreview } from "../src/shared/preview";

const PACKED = Uint8Array.from(atob(fixture.packed), (letter) => letter.charCodeAt(0));

function gzipped(plain: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  return new Response(new Blob([plain]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
}

function packed(header: readonly number[], body: readonly number[], magic = "SLPV"): Promise<ArrayBuffer> {
  const plain = new Uint8Array([...new TextEncoder().encode(magic), ...new Uint8Array(new Uint32Array(header).buffer)]);
  return gzipped(new Uint8Array([...plain, ...body]));
}

describe("unpackPreview", () => {
  it("gives every bit of what Python has packed", async () => {
    const { width, height, pixels } = await unpackPreview(PACKED.slice().buffer);
    expect([width, height]).toEqual([fixture.width, fixture.height]);
    expect([...pixels]).toEqual(fixture.bits);
  });

  it("reads a preview made by hand, as Python does", async () => {
    const { pixels } = await unpackPreview(await packed([1, 1, 2], [1, 2, 4, 1, 2, 6, 0, 0, 0, 0, 0, 0]));
    expect([...pixels]).toEqual([1, 2, 3, 1, 1, 5]);
  });

  it.each([0, 30, 100, PACKED.length - 9, PACKED.length - 5])("tells damage at byte %d", async (place) => {
    const damaged = PACKED.slice();
    damaged[place] = (damaged[place] ?? 0) ^ 0x55;
    await expect(unpackPreview(damaged.buffer)).rejects.toBeInstanceOf(DamagedPreview);
  });

  it.each([0, 1, 20, 100, PACKED.length - 1])("tells what breaks off after %d bytes", async (length) => {
    await expect(unpackPreview(PACKED.slice(0, length).buffer)).rejects.toBeInstanceOf(DamagedPreview);
  });

  it.each([
    ["another file", "no photo", packed([1, 1, 1], [0, 0, 0, 0, 0, 0], "NPZX")],
    ["another version", "version 2", packed([2, 1, 1], [0, 0, 0, 0, 0, 0])],
    ["a header alone", "too few pixels", packed([1, 1, 1], [])],
    ["too many pixels", "too few pixels, or too many", packed([1, 1, 1], [0, 0, 0, 0, 0, 0, 0])],
    ["no pixels", "too few pixels", packed([1, 0, 1], [])],
    ["a size beyond belief", "too few pixels", packed([1, 0xffffffff, 0xffffffff], [])],
    ["less than a header", "no photo", gzipped(new TextEncoder().encode("SLPV"))],
  ])("tells %s", async (_what, reason, content) => {
    await expect(unpackPreview(await content)).rejects.toThrow(reason);
  });
});
