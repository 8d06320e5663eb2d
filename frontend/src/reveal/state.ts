/** All state of the reveal, in one place. Only its session writes it. */
import { signal, type Signal } from "@preact/signals";
import type { Notice } from "../play/state";
import type { Showing } from "../viewing/api";

/** A picture as drawn: large, and after each of its steps. */
export interface Drawn {
  readonly large: ImageData;
  readonly strip: readonly ImageData[];
}

export interface RevealState {
  readonly page: Signal<"loading" | "showing" | Notice>;
  readonly showing: Signal<Showing | null>;
  /** By place, as the pictures of `showing`. */
  readonly drawn: Signal<readonly Drawn[]>;
  /** The place that is marked and not sent yet. */
  readonly chosen: Signal<number | null>;
  /** Which of how many photos is shown, from 1. */
  readonly number: Signal<number>;
  readonly total: Signal<number>;
  /** The answer is on its way. */
  readonly sending: Signal<boolean>;
}

export function createState(): RevealState {
  return {
    page: signal<RevealState["page"]["value"]>("loading"),
    showing: signal<Showing | null>(null),
    drawn: signal<readonly Drawn[]>([]),
    chosen: signal<number | null>(null),
    number: signal(0),
    total: signal(0),
    sending: signal(false),
  };
}
