/** The tutorial's cards, in order: what each asks for, where to look, and when it is done. Their words are in texts.ts. */
import { contract, filterOf, isNeutral } from "../game/contract";
import type { Game } from "../game/rules";

/** How far the player is in the tutorial. */
export interface Tutorial {
  /** The number of the card that is shown. */
  readonly cardIndex: number;
  /** Whether the original was looked at since that card came up. */
  readonly compared: boolean;
  /** Whether the player has been through it before. */
  readonly skippable: boolean;
}

/** What happened since a card came up that the steps do not tell. */
export interface Since {
  /** The original was looked at. */
  readonly compared: boolean;
  /** The next filter chosen replaces a step. */
  readonly replacing: boolean;
}

/** How far a card is: a place is to be made where all are taken, something chosen, then set; then it can be left. */
export type Phase = "full" | "choose" | "set" | "done";

export interface Card {
  readonly name: string;
  /** CSS selectors of what the card points at, by its phase; nothing for a card that explains. */
  readonly at: Partial<Readonly<Record<Phase, string>>>;
  readonly phase: (game: Game, since: Since) => Phase;
  /** Whether leaving the card is up to the game, not to a button: the last one ends with the picture handed in. */
  readonly last?: boolean;
}

const REPLACE = ".step-buttons button:nth-of-type(2)";
const REMOVE = ".step-buttons button:nth-of-type(1)";

/** A filter is tried: chosen, then moved off its neutral setting. */
function trying(slug: string): Card {
  return {
    name: slug,
    at: { full: REPLACE, choose: `[data-filter=${slug}]`, set: ".controls", done: ".controls" },
    phase: ({ position }, { replacing }) => {
      const step = position.steps.find(({ filter }) => filter === slug);
      const full = position.steps.length === contract.maximum_steps;
      if (step === undefined) return full && !replacing ? "full" : "choose";
      return isNeutral(filterOf(step), step.parameters) ? "set" : "done";
    },
  };
}

export const COURSE: readonly Card[] = [
  { name: "welcome", at: {}, phase: () => "done" },
  trying("exposure"),
  trying("gamma"),
  trying("white_balance"),
  trying("saturation"),
  trying("contrast"),
  trying("black_white"),
  {
    name: "remove",
    at: { set: REMOVE },
    phase: ({ position }) => (position.steps.some(({ filter }) => filter === "black_white") ? "set" : "done"),
  },
  trying("tone"),
  trying("color"),
  {
    name: "back",
    at: { set: ".strip li:nth-child(2) button", done: ".controls" },
    phase: ({ position }) => (position.cursor === 0 ? "done" : "set"),
  },
  {
    name: "compare",
    at: { set: ".looks .before, .history .on-phones" },
    phase: (_, { compared }) => (compared ? "done" : "set"),
  },
  { name: "finish", at: { set: ".finish .primary" }, phase: () => "set", last: true },
];

/** Where a game that was left goes on: at the first card whose task is not done yet. */
export function cardIndexOf(game: Game): number {
  const steps = [game.position, ...game.past.map(({ after }) => after)].flatMap((position) => position.steps);
  const tried = new Set(
    steps.filter((step) => !isNeutral(filterOf(step), step.parameters)).map(({ filter }) => filter),
  );
  const next = COURSE.findIndex(({ name }) => filterName(name) && !tried.has(name));
  if (tried.size === 0) return 0;
  if (next === -1) return COURSE.findIndex(({ name }) => name === "back");
  // After black & white, its removal comes first.
  const before = COURSE[next - 1];
  return before?.name === "remove" && before.phase(game, { compared: false, replacing: false }) !== "done"
    ? next - 1
    : next;
}

function filterName(name: string): boolean {
  return !["welcome", "remove", "back", "compare", "finish"].includes(name);
}
