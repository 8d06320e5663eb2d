import { describe, expect, it } from "vitest";
import {
  contract,
  findFilter,
  fromPosition,
  neutralParameters,
  roundTo,
  toPosition,
  type Parameter,
} from "../src/game/contract";
import { describeStep } from "../src/game/describe";
import { described, positions } from "./fixtures";

function parameterOf(slug: string, name: string): Parameter {
  const parameter = findFilter(slug)?.parameters.find((each) => each.name === name);
  if (parameter === undefined) throw new Error(`no ${slug} ${name}`);
  return parameter;
}

describe("slider positions are those of the server", () => {
  it.each(positions)("$filter $parameter $value", ({ filter, parameter, value, position }) => {
    const definition = parameterOf(filter, parameter);
    expect(toPosition(definition, value)).toBeCloseTo(position, 12);
    expect(fromPosition(definition, position)).toBeCloseTo(value, 12);
  });
});

describe("steps are described as on the server", () => {
  it.each(described)("$filter $text", ({ filter, parameters, text }) => {
    expect(describeStep({ filter, parameters })).toBe(text);
  });
});

describe("the contract", () => {
  const all = contract.filters.flatMap((filter) => filter.parameters);

  it("has a shortcut of its own for each filter", () => {
    expect(new Set(contract.filters.map(({ shortcut }) => shortcut)).size).toBe(contract.filters.length);
  });

  it("rounds within the range, at both of its ends too", () => {
    for (const parameter of all) {
      expect(roundTo(parameter, parameter.low - 1)).toBe(parameter.low);
      expect(roundTo(parameter, parameter.high + 1)).toBe(parameter.high);
    }
  });

  it("rounds neutral to itself, so that a slider can find back to it", () => {
    for (const parameter of all) expect(roundTo(parameter, parameter.neutral)).toBe(parameter.neutral);
  });

  it("describes neutral parameters as unchanged", () => {
    for (const filter of contract.filters) {
      expect(describeStep({ filter: filter.slug, parameters: neutralParameters(filter) })).toBe("unchanged");
    }
  });
});
