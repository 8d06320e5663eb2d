import { describe, expect, it } from "vitest";
import { contract } from "../src/game/contract";
import { greyBalance, meanAround, type Colour } from "../src/play/grey";

/** GAME.md's white balance. */
function balanced(colour: Colour, temperature: number, tint: number): number[] {
  const scale = [1, Math.exp(-tint), Math.exp(-temperature)];
  const total = scale.reduce((sum, value, channel) => sum + value * (contract.luminance[channel] ?? NaN), 0);
  return colour.map((value, channel) => (value * (scale[channel] ?? NaN)) / total);
}

describe("the white balance that makes a colour grey", () => {
  it.each([
    [0.3, 0.3, 0.3],
    [0.4, 0.35, 0.26],
    [0.2, 0.27, 0.3],
    [1.9, 2.2, 1.4],
  ] as const)("is found for %d, %d, %d to half a nudge", (...colour) => {
    const balance = greyBalance(colour);
    expect(balance?.reached).toBe(true);
    const { temperature = NaN, tint = NaN } = balance?.parameters ?? {};
    const [red = NaN, green = NaN, blue = NaN] = balanced(colour, temperature, tint);
    expect(Math.abs(Math.log(green / red))).toBeLessThanOrEqual(0.0051);
    expect(Math.abs(Math.log(blue / red))).toBeLessThanOrEqual(0.0051);
  });

  it("leaves a grey as it is", () => {
    expect(greyBalance([0.5, 0.5, 0.5])).toEqual({ parameters: { temperature: 0, tint: 0 }, reached: true });
  });

  it("goes as far as it can, and says so, where a colour is too strong", () => {
    expect(greyBalance([0.1, 0.1, 0.4])).toEqual({ parameters: { temperature: 0.5, tint: 0 }, reached: false });
    expect(greyBalance([0.4, 0.1, 0.4])).toEqual({ parameters: { temperature: 0, tint: -0.5 }, reached: false });
  });

  it.each([[[0, 0, 0]], [[0.3, 0.3, 0]], [[0.001, 0.002, 0.003]], [[NaN, 0.5, 0.5]]] as const)(
    "is not guessed for %j",
    (colour) => {
      expect(greyBalance(colour)).toBeNull();
    },
  );
});

describe("the colour of a place", () => {
  /** Red counts the columns, green the rows. */
  const pixels = (width: number, height: number) => ({
    width,
    height,
    data: Float32Array.from({ length: width * height * 4 }, (_, at) => {
      const pixel = Math.floor(at / 4);
      return [pixel % width, Math.floor(pixel / width), 7, 1][at % 4] ?? NaN;
    }),
  });

  it("is the mean of a small square around it", () => {
    expect(meanAround(pixels(20, 30), 0.5, 0.5)).toEqual([10, 15, 7]);
  });

  it("is that of what there is, at an edge", () => {
    expect(meanAround(pixels(20, 30), 0, 1)).toEqual([1.5, 27.5, 7]);
    expect(meanAround(pixels(1, 1), 1, 1)).toEqual([0, 0, 7]);
  });
});
