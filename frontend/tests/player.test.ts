import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Player } from "../src/replay/player";
import { MOVE_MS, REST_MS } from "../src/replay/timeline";

const steps = [
  { filter: "exposure", parameters: { ev: 2 }, probability: null },
  { filter: "contrast", parameters: { amount: 0.5 }, probability: null },
];
const photo = {
  id: "0",
  name: "",
  large_preview_url: null,
  preview_url: "",
  width: 3,
  height: 2,
  licence: "",
  attribution: "",
};

function playerAtTheEnd(calm = false): Player {
  const player = new Player(() => calm);
  player.replay.value = { player: "quiet-heron-1", own: false, study: "", photo, handed_in: true, steps };
  player.goto(steps.length);
  return player;
}

let now = 0;
let pending: (() => void) | null = null;

/** Lets frames pass as a screen does. */
function pass(ms: number): void {
  for (const end = now + ms; now < end; now += 16) {
    const frame = pending;
    pending = null;
    frame?.();
  }
}

beforeEach(() => {
  now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  vi.stubGlobal("requestAnimationFrame", (frame: () => void) => {
    pending = frame;
    return 1;
  });
  vi.stubGlobal("cancelAnimationFrame", () => (pending = null));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it("plays from the original to the last step, and stops there with the picture as it was left", () => {
  const player = playerAtTheEnd();
  player.toggle();
  expect(player.shown.value).toEqual([]);
  pass(REST_MS + MOVE_MS / 2);
  expect(player.current.value).toBe(1);
  expect(player.shown.value[0]?.parameters["ev"]).toBeGreaterThan(0);
  expect(player.shown.value[0]?.parameters["ev"]).toBeLessThan(2);
  pass(3 * (MOVE_MS + REST_MS));
  expect(player.playing.value).toBe(false);
  expect(player.shown.value).toEqual(steps);
});

it("goes from step to step without movement for who asked for little of it", () => {
  const player = playerAtTheEnd(true);
  const seen = new Set<number>();
  player.shown.subscribe((shown) => {
    const ev = shown[0]?.parameters["ev"];
    if (ev !== undefined) seen.add(ev);
  });
  player.toggle();
  pass(4 * (MOVE_MS + REST_MS));
  expect(player.shown.value).toEqual(steps);
  expect([...seen]).toEqual([2]);
});

it("stops where somebody goes to a step, and never leaves the film", () => {
  const player = playerAtTheEnd();
  player.toggle();
  player.goto(1);
  pass(10_000);
  expect(player.current.value).toBe(1);
  player.goto(-1);
  expect(player.current.value).toBe(0);
  player.goto(9);
  expect(player.current.value).toBe(2);
});

it("shows the original while it is asked for", () => {
  const player = playerAtTheEnd();
  player.comparing.value = true;
  expect(player.shown.value).toEqual([]);
  player.comparing.value = false;
  expect(player.shown.value).toEqual(steps);
});
