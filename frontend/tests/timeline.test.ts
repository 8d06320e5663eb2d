import { expect, it } from "vitest";
import { partOf, stepsAt } from "../src/replay/timeline";

const exposure = { filter: "exposure", parameters: { ev: 2 } };
const gamma = { filter: "gamma", parameters: { gamma: 1 / 3 } };

it("begins a step at neutral, moves it as a slider does, and ends it exactly where it was set", () => {
  expect(partOf(exposure, 0).parameters).toEqual({ ev: 0 });
  expect(partOf(exposure, 0.5).parameters["ev"]).toBeCloseTo(1, 12);
  expect(partOf(gamma, 0.5).parameters["gamma"]).toBeCloseTo(Math.sqrt(1 / 3), 12);
  expect(partOf(gamma, 1)).toBe(gamma);
});

it("leaves the steps before the current one as they are, and those after it out", () => {
  const steps = [exposure, gamma];
  expect(stepsAt(steps, 0, 1)).toEqual([]);
  expect(stepsAt(steps, 1, 0.5)).toHaveLength(1);
  expect(stepsAt(steps, 2, 0)[0]).toBe(exposure);
  expect(stepsAt(steps, 2, 1)).toEqual(steps);
});
