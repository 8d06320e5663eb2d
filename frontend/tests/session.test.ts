import { expect, it, vi } from "vitest";
import { contract } from "../src/game/contract";
import { elapsed, viewParameters } from "../src/play/session";

it("notes of the screen what the contract lists, in numbers", () => {
  const matchMedia = () => ({ matches: true });
  vi.stubGlobal("window", { innerWidth: 800, innerHeight: 600, devicePixelRatio: 1.5, matchMedia });
  const noted = viewParameters({ width: 2048 });
  vi.unstubAllGlobals();
  expect(Object.keys(noted)).toEqual(contract.view_parameters);
  expect(Object.values(noted)).toEqual([800, 600, 1.5, 1, 2048]);
});

it("never gives a time that the server refuses, whatever the clock does", () => {
  const month = 31 * 24 * 3600 * 1000;
  expect([elapsed(100.2, 1_100.9), elapsed(500, 100), elapsed(0, month)]).toEqual([1_001, 0, contract.maximum_ms]);
});
