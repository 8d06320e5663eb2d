import { expect, it } from "vitest";
import { contract, findFilter, neutralParameters } from "../src/game/contract";
import { packParameters } from "../src/gl/program";

it("packs parameters in their order, six vectors a step", () => {
  const color = findFilter("color");
  if (color === undefined) throw new Error("no color");
  const parameters = packParameters([
    { filter: "white_balance", parameters: { tint: -0.25, temperature: 0.5 } },
    { filter: "color", parameters: { ...neutralParameters(color), blue_7: 0.9375 } },
  ]);
  expect(parameters.length).toBe(contract.maximum_steps * 24);
  expect([...parameters.slice(0, 3)]).toEqual([0.5, -0.25, 0]);
  expect([...parameters.slice(24, 48)]).toEqual([...new Array<number>(23).fill(1), 0.9375]);
});
