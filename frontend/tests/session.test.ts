import { expect, it, vi } from "vitest";
import { contract } from "../src/game/contract";
import { viewParameters } from "../src/play/session";

it("notes of the screen what the contract lists, in numbers", () => {
  const matchMedia = () => ({ matches: true });
  vi.stubGlobal("window", { innerWidth: 800, innerHeight: 600, devicePixelRatio: 1.5, matchMedia });
  const noted = viewParameters();
  vi.unstubAllGlobals();
  expect(Object.keys(noted)).toEqual(contract.view_parameters);
  expect(Object.values(noted)).toEqual([800, 600, 1.5, 1]);
});
