import { describe, expect, it } from "vitest";
import { IllegalEvent, parseEvent } from "../src/game/events";
import { applyEvent, trajectory, EMPTY_GAME, type Game } from "../src/game/rules";
import { replayed } from "./fixtures";
import type { Step } from "../src/game/contract";

function replayJson(events: readonly unknown[]): Game {
  return events.reduce<Game>((game, event) => applyEvent(game, parseEvent(event)), EMPTY_GAME);
}

function refusalOf(events: readonly unknown[]): IllegalEvent {
  try {
    replayJson(events);
  } catch (error) {
    if (error instanceof IllegalEvent) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

function expectSteps(actual: readonly Step[], expected: readonly Step[]): void {
  expect(actual.map((step) => step.filter)).toEqual(expected.map((step) => step.filter));
  actual.forEach((step, index) => {
    const parameters = expected[index]?.parameters ?? {};
    expect(Object.keys(step.parameters)).toEqual(Object.keys(parameters));
    for (const [name, value] of Object.entries(step.parameters)) expect(value).toBeCloseTo(parameters[name] ?? NaN, 12);
  });
}

describe("legal play leaves the same steps as on the server", () => {
  it.each(replayed.filter(({ error }) => error === undefined))("$name", (fixture) => {
    const game = replayJson(fixture.events);
    expectSteps(game.position.steps, fixture.steps ?? []);
    expect(game.position.cursor).toBe(fixture.cursor);
    expect(game.past.length > 0).toBe(fixture.can_undo);
    expect(game.future.length > 0).toBe(fixture.can_redo);
    expect(game.status).toBe(fixture.status);
    expect(game.nextSeq).toBe(fixture.events.length);
    if (fixture.trajectory !== undefined) expectSteps(trajectory(game), fixture.trajectory);
  });
});

describe("illegal play is refused by the same name as on the server", () => {
  it.each(replayed.filter(({ error }) => error !== undefined))("$name", (fixture) => {
    const refusal = refusalOf(fixture.events);
    expect(refusal.code).toBe(fixture.error);
    expect(refusal.seq).toBe(fixture.seq);
  });
});

describe("the reducer", () => {
  const open = { id: "a", episode: "b", seq: 0, kind: "start", ms: 0, contract_version: 1 };

  it("leaves the state that it was given as it was", () => {
    const before = replayJson([open]);
    const copy = structuredClone(before);
    applyEvent(before, parseEvent({ ...open, seq: 1, kind: "choose", step: 0, filter: "exposure" }));
    expect(before).toEqual(copy);
  });

  it("takes an untouched photo where the study allows it", () => {
    const submit = parseEvent({ ...open, seq: 1, kind: "submit" });
    expect(applyEvent(replayJson([open]), submit, true).status).toBe("submitted");
  });
});
