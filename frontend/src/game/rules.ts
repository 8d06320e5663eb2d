/**
 * The rules of the game as one pure reducer: an episode and its next event give the episode after it. The server
 * replays the same events by the same rules; both pass the same fixtures.
 */
import {
  contract,
  findFilter,
  isNeutral,
  neutralParameters,
  type Filter,
  type Parameters,
  type Step,
} from "./contract";
import { canonical } from "./curves";
import { IllegalEvent, type GameEvent } from "./events";

/** The steps, and the cursor: the index of the step that it stands on, or the number of steps, behind the last. */
export interface Position {
  readonly steps: readonly Step[];
  readonly cursor: number;
}

/** A change that can be undone. */
export interface Change {
  readonly before: Position;
  readonly after: Position;
}

/** An episode after some of its events. */
export interface Game {
  readonly position: Position;
  /** Changes that undo takes back, the last first; and those that redo brings again, the next first. */
  readonly past: readonly Change[];
  readonly future: readonly Change[];
  readonly status: "empty" | "open" | "submitted";
  readonly nextSeq: number;
}

export const EMPTY_GAME: Game = {
  position: { steps: [], cursor: 0 },
  past: [],
  future: [],
  status: "empty",
  nextSeq: 0,
};

function filterBySlug(slug: string | null): Filter {
  const filter = slug === null ? undefined : findFilter(slug);
  if (filter === undefined) throw new IllegalEvent("unknown_filter", `there is no filter ${slug ?? "without a name"}`);
  return filter;
}

function checkParameters(filter: Filter, parameters: Parameters): void {
  const names = new Set(filter.parameters.map(({ name }) => name));
  const unknown = Object.keys(parameters).find((name) => !names.has(name));
  if (unknown !== undefined) throw new IllegalEvent("unknown_parameter", `${filter.slug} has no parameter ${unknown}`);
  for (const { name, low, high } of filter.parameters) {
    const value = parameters[name];
    if (value === undefined || !Number.isFinite(value)) {
      throw new IllegalEvent("malformed", `${filter.slug} needs a finite number for ${name}`);
    }
    if (value < low - contract.range_tolerance || value > high + contract.range_tolerance) {
      throw new IllegalEvent("out_of_range", `${filter.slug}: ${name} is ${value}, outside ${low} .. ${high}`);
    }
  }
}

function replaced(steps: readonly Step[], index: number, step: Step): Step[] {
  return [...steps.slice(0, index), step, ...steps.slice(index + 1)];
}

function chosen({ steps, cursor }: Position, event: GameEvent): Position {
  const filter = filterBySlug(event.filter);
  if (steps.some((step, index) => step.filter === filter.slug && index !== cursor)) {
    throw new IllegalEvent("filter_used", `${filter.slug} stands in another step; each filter is used once`);
  }
  if (cursor === contract.maximum_steps) {
    throw new IllegalEvent("too_many_steps", `an episode has at most ${contract.maximum_steps} steps`);
  }
  const step = { filter: filter.slug, parameters: neutralParameters(filter) };
  return { steps: replaced(steps, cursor, step), cursor };
}

function adjusted({ steps, cursor }: Position, event: GameEvent): Position {
  const filter = filterBySlug(event.filter);
  if (steps[cursor]?.filter !== filter.slug) {
    throw new IllegalEvent("no_step_here", `there is no ${filter.slug} at step ${cursor}`);
  }
  const parameters = event.parameters ?? {};
  checkParameters(filter, parameters);
  const step = { filter: filter.slug, parameters: canonical(filter, parameters) };
  return { steps: replaced(steps, cursor, step), cursor };
}

function removed({ steps, cursor }: Position): Position {
  if (cursor === steps.length) throw new IllegalEvent("no_step_here", `there is no step ${cursor} to remove`);
  const left = steps.filter((_, index) => index !== cursor);
  return { steps: left, cursor: Math.max(0, Math.min(cursor, left.length - 1)) };
}

/** The position after an event that undo can take back. */
function changed(position: Position, event: GameEvent): Position {
  if (event.kind === "reset") return EMPTY_GAME.position;
  if (event.step !== position.cursor) {
    throw new IllegalEvent(
      "no_step_here",
      `the cursor stands on step ${position.cursor}, not on ${event.step ?? "none"}`,
    );
  }
  if (event.kind === "choose") return chosen(position, event);
  return event.kind === "adjust" ? adjusted(position, event) : removed(position);
}

function gone(position: Position, event: GameEvent): Position {
  if (event.step === null || event.step < 0 || event.step > position.steps.length) {
    throw new IllegalEvent("no_step_here", `there is no step ${event.step ?? "without a number"} to go to`);
  }
  return { ...position, cursor: event.step };
}

function moved(game: Game, event: GameEvent, allowUntouched: boolean): Game {
  const { position, past, future } = game;
  switch (event.kind) {
    case "choose":
    case "adjust":
    case "remove":
    case "reset": {
      const after = changed(position, event);
      return { ...game, position: after, past: [{ before: position, after }, ...past], future: [] };
    }
    case "goto":
      return { ...game, position: gone(position, event) };
    case "undo": {
      const [change, ...rest] = past;
      if (change === undefined) throw new IllegalEvent("nothing_to_undo", "there is nothing to undo");
      return { ...game, position: change.before, past: rest, future: [change, ...future] };
    }
    case "redo": {
      const [change, ...rest] = future;
      if (change === undefined) throw new IllegalEvent("nothing_to_redo", "there is nothing to redo");
      return { ...game, position: change.after, past: [change, ...past], future: rest };
    }
    case "submit":
      if (!allowUntouched && trajectory(game).length === 0) {
        throw new IllegalEvent("nothing_to_submit", "no step changes the picture; at least one must");
      }
      return { ...game, status: "submitted" };
    default:
      return game;
  }
}

function refuseOutOfTurn(game: Game, event: GameEvent): void {
  if (!contract.known_versions.includes(event.contract_version)) {
    throw new IllegalEvent("stale_contract", `version ${event.contract_version} was played, not ${contract.version}`);
  }
  if (event.seq !== game.nextSeq) throw new IllegalEvent("gap", `the next event is number ${game.nextSeq}`);
  if (game.status === "submitted") throw new IllegalEvent("closed", "the episode was submitted");
  if (event.kind === "start" && game.status !== "empty") {
    throw new IllegalEvent("already_started", "an episode starts once");
  }
  if (event.kind !== "start" && game.status === "empty") {
    throw new IllegalEvent("not_started", "the first event of an episode is its start");
  }
}

/**
 * The episode after one more event.
 *
 * @param allowUntouched whether the picture may be submitted as it is, without a step
 * @throws IllegalEvent with the code and the number of the event
 */
export function applyEvent(game: Game, event: GameEvent, allowUntouched = false): Game {
  try {
    refuseOutOfTurn(game, event);
    if (event.kind === "start") return { ...EMPTY_GAME, status: "open", nextSeq: 1 };
    return { ...moved(game, event, allowUntouched), nextSeq: event.seq + 1 };
  } catch (error) {
    if (error instanceof IllegalEvent) throw new IllegalEvent(error.code, error.message, event.seq);
    throw error;
  }
}

/** The episode after its events, from its start. */
export function replay(events: readonly GameEvent[], allowUntouched = false): Game {
  return events.reduce((game, event) => applyEvent(game, event, allowUntouched), EMPTY_GAME);
}

/** The steps that count: those that stand, less those left exactly at neutral. */
export function trajectory(game: Game): readonly Step[] {
  return game.position.steps.filter((step) => !isNeutral(filterBySlug(step.filter), step.parameters));
}
