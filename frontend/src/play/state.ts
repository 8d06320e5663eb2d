/** All state of the play page, in one place. Only the session and the actions write it; everything else reads. */
import { signal, type Signal } from "@preact/signals";
import { contract, type Filter, type Parameters, type Step } from "../game/contract";
import { EMPTY_GAME, type Game } from "../game/rules";
import { NOTHING_PAINTED, type Clipping } from "../gl/program";
import type { Photo, Progress, Study } from "../shared/api";
import type { Notice } from "../shared/NoticeCard";
import type { Preview } from "../shared/preview";
import { FIT, type View } from "../shared/view";
import type { Tutorial } from "../tutorial/course";

/** The picture that was handed in last, and whether it can be had at full size. */
export interface HandedIn {
  readonly episode: string;
  /** Why it cannot; empty where it can. */
  readonly reason: string;
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
  /** What is played on: the histogram, the picked grey and all small pictures are of it. */
  readonly preview: Signal<Preview | null>;
  /** The same photo with more pixels, once it is here; the canvas alone shows it. */
  readonly largePreview: Signal<Preview | null>;
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
  /** Which clipped pixels are painted over. */
  readonly clipping: Signal<Clipping>;
  /** The next filter chosen replaces the step at the cursor. */
  readonly replacing: Signal<boolean>;
  /** The grey-point picker: a click on the photo is awaited, or how the last one went. */
  readonly picker: Signal<"off" | "aiming" | PickOutcome>;
  readonly dialog: Signal<"help" | "finish" | "break" | null>;
  /** What is asked on this photo in particular; empty where nothing is. */
  readonly instruction: Signal<string>;
  /** On the practice photo. */
  readonly tutorial: Signal<Tutorial | null>;
  /** Where the study offers downloads. */
  readonly handedIn: Signal<HandedIn | null>;
  /** Something waits in memory alone, and the player has not been told yet. */
  readonly onlyInMemory: Signal<boolean>;
  /** The graphics context is lost for the moment. */
  readonly pictureLost: Signal<boolean>;
}

export function createState(): PlayState {
  return {
    page: signal<PlayState["page"]["value"]>("loading"),
    study: signal<Study | null>(null),
    photo: signal<Photo | null>(null),
    preview: signal<Preview | null>(null),
    largePreview: signal<Preview | null>(null),
    progress: signal<Progress | null>(null),
    game: signal(EMPTY_GAME),
    draft: signal<Parameters | null>(null),
    comparing: signal(false),
    split: signal<number | null>(null),
    view: signal(FIT),
    clipping: signal(NOTHING_PAINTED),
    replacing: signal(false),
    picker: signal<PlayState["picker"]["value"]>("off"),
    dialog: signal<"help" | "finish" | "break" | null>(null),
    instruction: signal(""),
    tutorial: signal<Tutorial | null>(null),
    handedIn: signal<HandedIn | null>(null),
    onlyInMemory: signal(false),
    pictureLost: signal(false),
  };
}

/** The filters and the number of steps that the study offers; on the practice photo there are all. */
export function offered({ study, tutorial }: Pick<PlayState, "study" | "tutorial">): {
  readonly filters: readonly Filter[];
  readonly maximumSteps: number;
} {
  const limits = tutorial.value === null ? study.value : null;
  return {
    filters: contract.filters.filter(({ slug }) => limits?.filters.some((allowed) => allowed === slug) ?? true),
    maximumSteps: limits?.maximum_steps ?? contract.maximum_steps,
  };
}

/** The steps as shown: those of the game, with the draft in place of the parameters at the cursor. */
export function shownSteps(state: PlayState): readonly Step[] {
  const { steps, cursor } = state.game.value.position;
  const draft = state.draft.value;
  if (draft === null) return steps;
  return steps.map((step, index) => (index === cursor ? { ...step, parameters: draft } : step));
}

/** The preview that the canvas shows; its pixels are those of 100 %. */
export function shownPreview({ preview, largePreview }: PlayState): Preview | null {
  return largePreview.value ?? preview.value;
}
