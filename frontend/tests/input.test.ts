import { expect, it } from "vitest";
import { findFilter, type Parameter } from "../src/game/contract";
import { readTyped } from "../src/controls/input";

function parameterOf(slug: string): Parameter {
  const parameter = findFilter(slug)?.parameters[0];
  if (parameter === undefined) throw new Error(`no ${slug}`);
  return parameter;
}

it.each([
  ["exposure", "1.5", 1.5],
  ["exposure", " -1,25 EV ", -1.25],
  ["exposure", "\u22121", -1],
  ["exposure", "+.5ev", 0.5],
  ["exposure", "99", 99],
  ["white_balance", "12", 0.12],
  ["white_balance", "warmer 12", 0.12],
  ["white_balance", "Cooler 12", -0.12],
  ["saturation", "40 %", 0.4],
  ["gamma", "1/2", 0.5],
  ["gamma", "1 / 1,6", 0.625],
])("of %s, %j is read as %d", (slug, text, value) => {
  expect(readTyped(parameterOf(slug), text)).toBeCloseTo(value, 12);
});

it.each([
  ["exposure", ""],
  ["exposure", "bright"],
  ["exposure", "1/2"],
  ["exposure", "1 2"],
  ["exposure", "1.2.3"],
  ["white_balance", "redder 5"],
  ["gamma", "1/0"],
])("of %s, %j is no number", (slug, text) => {
  expect(readTyped(parameterOf(slug), text)).toBeNull();
});
