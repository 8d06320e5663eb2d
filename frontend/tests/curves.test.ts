import { describe, expect, it } from "vitest";
import { findFilter, neutralParameters, type Filter } from "../src/contract";
import { canonical, middleSlope, moveSlope } from "../src/curves";
import type { Parameters } from "../src/state";

function filterNamed(slug: string): Filter {
  const filter = findFilter(slug);
  if (filter === undefined) throw new Error(`no ${slug}`);
  return filter;
}

function moved(filter: Filter, parameters: Parameters, name: string, value: number): Parameters {
  const parameter = filter.parameters.find((one) => one.name === name);
  if (parameter === undefined) throw new Error(`no ${name}`);
  return moveSlope(filter, parameters, parameter, value);
}

describe.each(["tone", "color"])("dragging a slope of %s", (slug) => {
  const filter = filterNamed(slug);
  const names = filter.curves[0] ?? [];
  const first = names[0] ?? "";
  const second = names[1] ?? "";
  const [{ low, high } = { low: NaN, high: NaN }] = filter.parameters;
  const bent = moved(filter, moved(filter, neutralParameters(filter), first, high * 0.99), second, low * 1.02);

  it.each([0, 0.1, 0.3, 0.5, 0.7, 0.9, 1])("keeps it under the hand and the curve canonical at %d", (share) => {
    const value = low + share * (high - low);
    const after = moved(filter, bent, first, value);
    expect(after[first]).toBeCloseTo(value, 9);
    for (const [name, slope] of Object.entries(canonical(filter, after))) expect(after[name]).toBeCloseTo(slope, 9);
    for (const name of names) {
      expect(after[name]).toBeGreaterThanOrEqual(low - 1e-9);
      expect(after[name]).toBeLessThanOrEqual(high + 1e-9);
    }
  });

  it("leaves the shape of the rest of the curve as it was", () => {
    const after = moved(filter, bent, first, low);
    const ratio = (parameters: Parameters) => (parameters[names[2] ?? ""] ?? NaN) / (parameters[second] ?? NaN);
    expect(ratio(after)).toBeCloseTo(ratio(bent), 9);
  });

  it("leaves other curves alone", () => {
    for (const other of filter.curves.slice(1).flat()) expect(bent[other]).toBe(1);
  });

  it("finds back to neutral by a double-click", () => {
    const [parameter] = filter.parameters;
    if (parameter === undefined) throw new Error("no slope");
    const off = moved(filter, neutralParameters(filter), first, high);
    expect(moveSlope(filter, off, parameter, middleSlope(parameter))).toEqual(neutralParameters(filter));
  });
});
