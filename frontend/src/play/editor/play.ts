import type { Actions } from "../actions";
import type { Display } from "../display";
import type { Looking } from "../looking";
import type { SavingStatus, PlayState } from "../state";
import type { ReadonlySignal } from "@preact/signals";

/** What each part of the page works with. */
export interface Play {
  readonly state: PlayState;
  readonly actions: Actions;
  readonly display: Display;
  readonly looking: Looking;
  readonly saving: ReadonlySignal<SavingStatus>;
}
