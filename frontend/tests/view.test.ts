import { describe, expect, it } from "vitest";
import { closerScale, FIT, frameOf, moved, zoomAt, type View } from "../src/shared/view";

const room = { width: 801, height: 600 };
const photo = { width: 1024, height: 683 };

/** The share of the photo that is seen at a point of the room. */
function seenAt(view: View, [x, y]: readonly [number, number]): [number, number] {
  const { left, top, width, height, area } = frameOf(view, room, photo);
  return [area[0] + ((x - left) / width) * (area[2] - area[0]), area[1] + ((y - top) / height) * (area[3] - area[1])];
}

describe("a frame", () => {
  it("holds the whole photo where it fits, in the middle of the room", () => {
    const { left, top, width, height, area } = frameOf(FIT, room, photo);
    expect([left, top, width, height]).toEqual([0, 33, 801, 534]);
    expect(area).toEqual([0, 0, 1, 1]);
  });

  it("shows whole pixels of the preview at 1:1, one to a pixel of the screen", () => {
    const { width, height, area } = frameOf({ scale: 1, x: 0.43, y: 0.57 }, room, photo);
    expect([width, height]).toEqual([801, 600]);
    expect((area[0] * photo.width) % 1).toBeCloseTo(0, 9);
    expect((area[2] - area[0]) * photo.width).toBeCloseTo(width, 9);
    expect((area[3] - area[1]) * photo.height).toBeCloseTo(height, 9);
  });

  it("never shows what is beside the photo", () => {
    const { area } = frameOf({ scale: 3, x: 0, y: 1 }, room, photo);
    expect(area[0]).toBe(0);
    expect(area[3]).toBe(1);
  });

  it("of a photo smaller than the room at 1:1 stands in the middle", () => {
    const { left, top, width, height, area } = frameOf({ scale: 1, x: 0, y: 0 }, room, { width: 96, height: 64 });
    expect([left, top, width, height]).toEqual([352, 268, 96, 64]);
    expect(area).toEqual([0, 0, 1, 1]);
  });
});

describe("zooming", () => {
  it("keeps what is under the pointer in its place", () => {
    const point = [500, 250] as const;
    const before = seenAt(FIT, point);
    for (const scale of [1.3, 2.2, 6]) {
      const after = seenAt(zoomAt(FIT, room, photo, scale, point), point);
      expect(after[0]).toBeCloseTo(before[0], 2);
      expect(after[1]).toBeCloseTo(before[1], 2);
    }
  });

  it("out ends at the whole photo, and in at eight pixels to one", () => {
    const near = zoomAt(FIT, room, photo, 3, [10, 10]);
    expect(zoomAt(near, room, photo, 0.2, [10, 10])).toBe(FIT);
    expect(zoomAt(near, room, photo, 99, [10, 10]).scale).toBe(8);
  });

  it("by a double tap goes at least half as close again", () => {
    expect(closerScale(room, photo)).toBe(2);
    expect(closerScale(room, { width: 4000, height: 3000 })).toBe(1);
  });
});

it("moving follows the hand and stops at the edge", () => {
  const view: View = { scale: 2, x: 0.5, y: 0.5 };
  const point = [400, 300] as const;
  const there = seenAt(moved(view, room, photo, [50, -20]), [point[0] + 50, point[1] - 20]);
  expect(there[0]).toBeCloseTo(seenAt(view, point)[0], 3);
  expect(there[1]).toBeCloseTo(seenAt(view, point)[1], 3);
  const edge = moved(view, room, photo, [99_999, 0]);
  expect(moved(edge, room, photo, [-10, 0]).x).toBeGreaterThan(edge.x);
  expect(frameOf(edge, room, photo).area[0]).toBe(0);
  expect(moved(FIT, room, photo, [50, 50])).toBe(FIT);
});
