import { expect, it } from "vitest";
import { BINS, countLevels } from "../src/gl/histogram";

it("counts each channel and what is clipped", () => {
  const black = [0, 0, 0, 255];
  const red = [255, 0, 0, 255];
  const grey = [128, 128, 128, 255];
  const {
    red: reds,
    luminance,
    black: blacks,
    white: whites,
    empty,
    full,
  } = countLevels(new Uint8ClampedArray([...black, ...black, ...red, ...grey]));
  expect([reds[0], reds[BINS / 2], reds[BINS - 1]]).toEqual([0.5, 0.25, 0.25]);
  expect(luminance.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
  expect([blacks, whites]).toEqual([0.5, 0.25]);
  expect([empty, full]).toEqual([
    [0.5, 0.75, 0.75],
    [0.25, 0, 0],
  ]);
});
