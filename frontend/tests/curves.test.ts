import { describe, expect, it } from "vitest";
import { findFilter, neutralParameters, roundTo, type Filter, type Parameter, type Parameters } from "../src/contract";
import { canonical, moveSlope, relativeParameter, relativeSlope } from "../src/curves";

function filterNamed(slug: string): Filter {
  const filter = findFilter(slug);
  if (filter === undefined) throw new Error(`no ${slug}`);
  return filter;
}

function parameterNamed(filter: Filter, name: string): Parameter {
  const parameter = filter.parameters.find((one) => one.name === name);
  if (parameter === undefined) throw new Error(`no ${name}`);
  return parameter;
}

function moved(filter: Filter, parameters: Parameters, name: string, relative: number): Parameters {
  return moveSlope(filter, parameters, parameterNamed(filter, name), relative);
}

describe.each(["tone", "color"])("dragging a slope of %s", (slug) => {
  const filter = filterNamed(slug);
  const names = filter.curves[0] ?? [];
  const first = names[0] ?? "";
  const second = names[1] ?? "";
  const parameter = parameterNamed(filter, first);
  const { low, high } = relativeParameter(parameter);
  const seen = (parameters: Parameters) =>
    names.map((name) => relativeSlope(filter, parameters, parameterNamed(filter, name)));
  const bent = moved(filter, moved(filter, neutralParameters(filter), first, high * 0.99), second, low * 1.02);

  it.each([0, 0.1, 0.3, 0.5, 0.7, 0.9, 1])("keeps it under the hand and the curve canonical at %d", (share) => {
    const value = low + share * (high - low);
    const after = moved(filter, bent, first, value);
    expect(seen(after)[0]).toBeCloseTo(value, 9);
    for (const [name, slope] of Object.entries(canonical(filter, after))) expect(after[name]).toBeCloseTo(slope, 9);
    for (const name of names) {
      expect(after[name]).toBeGreaterThanOrEqual(parameter.low - 1e-9);
      expect(after[name]).toBeLessThanOrEqual(parameter.high + 1e-9);
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

  it("sees a neutral curve at 1, in the middle of a range that goes as far down as up", () => {
    expect(seen(neutralParameters(filter))).toEqual(names.map(() => 1));
    expect(low * high).toBeCloseTo(1, 12);
  });

  it("lets the other slopes give way by no more than the hand moves", () => {
    const nudged = moved(filter, neutralParameters(filter), first, 1.01);
    expect(seen(nudged)).toEqual([1.01, ...names.slice(1).map(() => expect.closeTo(1 / 1.01, 9) as number)]);
  });

  it.each([0.95, 0.99, 1.01, 1.1])("finds back to neutral from %d, wherever else the hand has been", (relative) => {
    const off = moved(filter, moved(filter, neutralParameters(filter), first, high), first, relative);
    expect(off).not.toEqual(neutralParameters(filter));
    const dragged = roundTo(relativeParameter(parameter), 1.0004);
    expect(moved(filter, off, first, dragged)).toEqual(neutralParameters(filter));
  });
});
