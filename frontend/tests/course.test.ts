import { describe, expect, it } from "vitest";
import { contract, filterOf, isNeutral, neutralParameters, type Step } from "../src/game/contract";
import { COURSE, cardIndexOf, type Card } from "../src/tutorial/course";
import { GOAL } from "../src/tutorial/goal";
import { tutorialTexts } from "../src/tutorial/texts";
import { EMPTY_GAME, type Game } from "../src/game/rules";

const moved: Readonly<Record<string, number>> = {
  ev: 1,
  gamma: 0.8,
  temperature: 0.1,
  amount: 0.5,
  slope_0: 1.5,
  red_0: 1.05,
};

function step(slug: string, tried = true): Step {
  const filter = filterOf({ filter: slug, parameters: {} } as Step);
  const neutral = neutralParameters(filter);
  const first = filter.parameters[0]?.name ?? "";
  return { filter: slug, parameters: tried ? { ...neutral, [first]: moved[first] ?? 1 } : neutral };
}

function game(...steps: Step[]): Game {
  return { ...EMPTY_GAME, position: { steps, cursor: steps.length - 1 }, status: "open" };
}

const nothing = { compared: false, replacing: false };

function card(name: string): Card {
  const card = COURSE.find((each) => each.name === name);
  if (card === undefined) throw new Error(`there is no card ${name}`);
  return card;
}

describe("the course", () => {
  it("tries each filter once and has words for every phase of every card", () => {
    const names = COURSE.map(({ name }) => name);
    expect(names.filter((name) => contract.filters.some(({ slug }) => slug === name))).toHaveLength(8);
    for (const { name, at } of COURSE) {
      const words = tutorialTexts.cards[name];
      for (const phase of Object.keys(at)) {
        expect(words?.[phase as "set"] ?? words?.set, `${name}, ${phase}`).toBeTruthy();
      }
    }
  });

  it("asks to choose a filter, then to set it, and is content when it is no longer neutral", () => {
    const { phase } = card("exposure");
    expect(phase(game(), nothing)).toBe("choose");
    expect(phase(game(step("exposure", false)), nothing)).toBe("set");
    expect(phase(game(step("exposure")), nothing)).toBe("done");
  });

  it("has a place made first where other filters than it asked for took all", () => {
    const { at, phase } = card("gamma");
    const others = game(...["exposure", "tone", "contrast", "color", "saturation"].map((slug) => step(slug)));
    expect(phase(others, nothing)).toBe("full");
    expect(at.full).not.toBe(at.choose);
    expect(phase(others, { ...nothing, replacing: true })).toBe("choose");
  });

  it("goes back to the first step of however many", () => {
    const { phase } = card("back");
    expect(phase(game(step("exposure"), step("gamma")), nothing)).toBe("set");
    expect(phase(game(step("exposure")), nothing)).toBe("done");
    expect(phase(game(), nothing)).not.toBe("choose");
  });

  it("never asks for more steps than a photo takes", () => {
    expect(GOAL.length).toBeLessThanOrEqual(contract.maximum_steps);
    expect(GOAL.every((step) => !isNeutral(filterOf(step), step.parameters))).toBe(true);
    const before = COURSE.slice(1, 1 + contract.maximum_steps).map(({ name }) => name);
    expect(before).toEqual(GOAL.map(({ filter }) => filter));
  });

  it("ends with the picture handed in, not with a button", () => {
    expect(COURSE.filter(({ last }) => last === true)).toEqual([COURSE.at(-1)]);
  });
});

describe("a game that was left", () => {
  it("goes on at the first card that is not done", () => {
    expect(COURSE[cardIndexOf(EMPTY_GAME)]?.name).toBe("welcome");
    expect(COURSE[cardIndexOf(game(step("exposure"), step("gamma", false)))]?.name).toBe("gamma");
  });

  it("removes black & white before the next filter", () => {
    const first = ["exposure", "gamma", "white_balance", "saturation"].map((slug) => step(slug));
    const contrast = { before: EMPTY_GAME.position, after: game(...first, step("contrast")).position };
    const replaced = game(...first, step("black_white"));
    const past = [{ before: contrast.after, after: replaced.position }, contrast];
    expect(COURSE[cardIndexOf({ ...replaced, past })]?.name).toBe("remove");
    expect(COURSE[cardIndexOf({ ...game(...first), past })]?.name).toBe("tone");
  });

  it("only has to go back when all were tried", () => {
    const past = contract.filters.map(({ slug }) => ({
      before: EMPTY_GAME.position,
      after: game(step(slug)).position,
    }));
    expect(COURSE[cardIndexOf({ ...game(step("exposure"), step("color")), past })]?.name).toBe("back");
  });
});
