/** The times of a replay of events. */
import { expect, test } from "vitest";
import { shortened, timeAt } from "../src/research/pace";

test("pauses are cut to the longest that is wanted, and the order stays", () => {
  expect(shortened([0, 500, 60_500, 61_000], 2000)).toEqual([0, 500, 2500, 3000]);
  expect(shortened([100, 200, 300], Infinity)).toEqual([0, 100, 200]);
  expect(shortened([], 2000)).toEqual([]);
});

test("a clock that went back takes no time", () => {
  expect(shortened([0, 900, 400, 600], 2000)).toEqual([0, 900, 900, 1100]);
});

test("times are written in minutes, seconds and tenths", () => {
  expect([timeAt(0), timeAt(67_450), timeAt(600_000)]).toEqual(["0:00.0", "1:07.4", "10:00.0"]);
});
