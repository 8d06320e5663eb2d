/** All state of the play page, in one place. Only the session and the actions write it; everything else reads. */
import { signal, type Signal } from "@preact/signals";
import type { Photo, Progress, Study } from "../shared/api";
import type { EventKind, Parameters } from "../game/contract";
import type { Preview } from "../shared/preview";
import { FIT, type View } from "../shared/view";

/** A filter by its slug, with its parameters. */
export interface Step {
  readonly filter: string;
  readonly parameters: Parameters;
}

/** One action of the player, as the server stores it. `ms` counts from the start of the episode. */
export interface GameEvent {
  readonly id: string;
  readonly episode: string;
  readonly seq: number;
  readonly kind: EventKind;
  readonly step: number | null;
  readonly filter: string | null;
  readonly parameters: Parameters | null;
  readonly ms: number;
  readonly contract_version: number;
}

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

/** What stands in the way of playing, in plain words, and what can be done about it. */
export interface Notice {
  readonly title: string;
  readonly sentence: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** The picture that was handed in last, and whether it can be had at full size. */
export interface HandedIn {
  readonly episode: string;
  readonly photo: string;
  /** Why it cannot; empty where it can. */
  readonly reason: string;
}

/** How far the player is in the tutorial. */
export interface Tutorial {
  /** The number of the card that is shown. */
  readonly place: number;
  /** Whether the original was looked at since that card came up. */
  readonly compared: boolean;
  /** Whether the player has been through it before. */
  readonly skippable: boolean;
}

export interface SavingStatus {
  /**
   * `unanswered`: there is a network, but no answer of the server. `held`: the server does not take what waits; it is
   * kept in this browser for the next visit. `refused`: the server will never take the last actions.
   */
  readonly state: "saved" | "saving" | "offline" | "unanswered" | "held" | "refused";
  /** How many actions the server has not taken. */
  readonly waiting: number;
}

/** What came of a click with the grey-point picker: grey, as grey as the sliders go, or too dark to tell. */
export type PickOutcome = "grey" | "beyond" | "dark";

export interface PlayState {
  /** What the page shows: it waits, it plays, or a notice stands in the way. */
  readonly page: Signal<"loading" | "playing" | "sending" | Notice>;
  readonly study: Signal<Study | null>;
  readonly photo: Signal<Photo | null>;
  readonly preview: Signal<Preview | null>;
  readonly progress: Signal<Progress | null>;
  readonly game: Signal<Game>;
  /** Parameters of the step at the cursor while a control moves, before they become an event. */
  readonly draft: Signal<Parameters | null>;
  /** The original is shown in place of the edited picture. */
  readonly comparing: Signal<boolean>;
  /** Left of this share of what is seen, the original is shown; null where the picture is not split. */
  readonly split: Signal<number | null>;
  /** How near one looks, and at what. */
  readonly view: Signal<View>;
  /** Clipped pixels are painted over. */
  readonly clipping: Signal<boolean>;
  /** The next filter chosen replaces the step at the cursor. */
  readonly replacing: Signal<boolean>;
  /** The grey-point picker: a click on the photo is awaited, or how the last one went. */
  readonly picker: Signal<"off" | "aiming" | PickOutcome>;
  readonly dialog: Signal<"help" | "finish" | "break" | null>;
  /** On the practice photo. */
  readonly tutorial: Signal<Tutorial | null>;
  /** Where the study offers downloads. */
  readonly handedIn: Signal<HandedIn | null>;
  /** Something waits in memory alone, and the player has not been told yet. */
  readonly onlyInMemory: Signal<boolean>;
  /** The graphics context is lost for the moment. */
  readonly pictureLost: Signal<boolean>;
}

export const EMPTY_GAME: Game = {
  position: { steps: [], cursor: 0 },
  past: [],
  future: [],
  status: "empty",
  nextSeq: 0,
};

export function createState(): PlayState {
  return {
    page: signal<PlayState["page"]["value"]>("loading"),
    study: signal<Study | null>(null),
    photo: signal<Photo | null>(null),
    preview: signal<Preview | null>(null),
    progress: signal<Progress | null>(null),
    game: signal(EMPTY_GAME),
    draft: signal<Parameters | null>(null),
    comparing: signal(false),
    split: signal<number | null>(null),
    view: signal(FIT),
    clipping: signal(false),
    replacing: signal(false),
    picker: signal<PlayState["picker"]["value"]>("off"),
    dialog: signal<"help" | "finish" | "break" | null>(null),
    tutorial: signal<Tutorial | null>(null),
    handedIn: signal<HandedIn | null>(null),
    onlyInMemory: signal(false),
    pictureLost: signal(false),
  };
}

/** The steps as shown: those of the game, with the draft in place of the parameters at the cursor. */
export function shownSteps(state: PlayState): readonly Step[] {
  const { steps, cursor } = state.game.value.position;
  const draft = state.draft.value;
  if (draft === null) return steps;
  return steps.map((step, index) => (index === cursor ? { ...step, parameters: draft } : step));
}
