import { describe, expect, it } from "vitest";
import { findFilter, neutralParameters, type Filter, type Parameters } from "../src/game/contract";
import { canonical, heightsOf, movePoint, reachOf, straightened } from "../src/game/curves";

function filterNamed(slug: string): Filter {
  const filter = findFilter(slug);
  if (filter === undefined) throw new Error(`no ${slug}`);
  return filter;
}

describe.each(["tone", "color"])("dragging a point of %s", (slug) => {
  const filter = filterNamed(slug);
  const ratio = filter.maximum_ratio ?? NaN;
  const names = filter.curves.at(-1) ?? [];
  const neutral = neutralParameters(filter);
  const moved = (parameters: Parameters, point: number, height: number) =>
    movePoint(filter, parameters, names, point, height);
  const heightAt = (parameters: Parameters, point: number) => heightsOf(names, parameters)[point] ?? NaN;
  const share = (point: number, part: number) => {
    const [low, high] = reachOf(point, names.length, ratio);
    return low + part * (high - low);
  };
  const bent = moved(moved(neutral, 2, share(2, 0.2)), 6, share(6, 0.9));

  const trials = [1, 2, 3, 4, 5, 6, 7].flatMap((point) =>
    [0, 0.1, 0.3, 0.5, 0.8, 1].map((part) => [point, part] as const),
  );

  it.each(trials)("brings point %d to %d of its reach, on an allowed and canonical curve", (point, part) => {
    for (const start of [neutral, bent]) {
      const after = moved(start, point, share(point, part));
      expect(heightAt(after, point)).toBeCloseTo(share(point, part), 9);
      const slopes = names.map((name) => after[name] ?? NaN);
      expect(Math.max(...slopes) / Math.min(...slopes)).toBeLessThanOrEqual(ratio * (1 + 1e-6));
      for (const [name, slope] of Object.entries(canonical(filter, after))) expect(after[name]).toBeCloseTo(slope, 9);
    }
  });

  it.each([1, 4, 7])("stops point %d at the ends of its reach", (point) => {
    expect(heightAt(moved(bent, point, 0), point)).toBeCloseTo(share(point, 0), 9);
    expect(heightAt(moved(bent, point, 1), point)).toBeCloseTo(share(point, 1), 9);
  });

  it("lets the neighbours follow, the nearer the more, in the same direction", () => {
    const after = heightsOf(names, moved(neutral, 4, 0.5 + 0.01));
    const lifts = after.map((height, index) => height - index / 8);
    for (const [near, far] of [
      [4, 3],
      [3, 2],
      [2, 1],
      [4, 5],
      [5, 6],
      [6, 7],
    ] as const) {
      expect(lifts[near]).toBeGreaterThan(1.5 * (lifts[far] ?? NaN));
      expect(lifts[far]).toBeGreaterThan(0);
    }
  });

  it("finds back to neutral from a small bend, whether by the hand or at once", () => {
    const off = moved(neutral, 3, 3 / 8 + 0.005);
    expect(off).not.toEqual(neutral);
    expect(moved(off, 3, 3 / 8)).toEqual(neutral);
    expect(straightened(bent, names)).toEqual(neutral);
  });

  it("leaves a curve as it is where its point stands there already", () => {
    const after = moved(bent, 5, heightAt(bent, 5));
    for (const name of names) expect(after[name]).toBeCloseTo(bent[name] ?? NaN, 9);
  });

  it("leaves other curves alone", () => {
    for (const other of filter.curves.slice(0, -1).flat()) expect(bent[other]).toBe(1);
  });
});

it("runs from corner to corner, whatever the slopes are", () => {
  const names = Array.from({ length: 8 }, (_, index) => `slope_${index}`);
  const slopes = [2, 1, 1, 1, 1, 1, 1, 0.5];
  const heights = heightsOf(names, Object.fromEntries(names.map((name, index) => [name, slopes[index] ?? 1])));
  expect(heights).toHaveLength(9);
  expect([heights[0], heights.at(-1)]).toEqual([0, 1]);
  expect(heights[1]).toBeCloseTo(2 / 8.5, 12);
});
