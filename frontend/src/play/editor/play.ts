/** What the parts of the play page work with, and how their buttons and rows behave. */
import { useLayoutEffect, useRef } from "preact/hooks";
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

/** Handlers of a button that shows the original while it is held, by mouse, finger or keyboard. */
export function holdToCompare({ actions }: Play) {
  const on = () => actions.compare(true);
  const off = () => actions.compare(false);
  const isPress = (event: KeyboardEvent) => event.key === " " || event.key === "Enter";
  return {
    onPointerDown: on,
    onPointerUp: off,
    onPointerLeave: off,
    onPointerCancel: off,
    onBlur: off,
    onContextMenu: (event: Event) => event.preventDefault(),
    onKeyDown: (event: KeyboardEvent) => {
      if (!isPress(event)) return;
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat) on();
    },
    onKeyUp: (event: KeyboardEvent) => {
      if (isPress(event)) off();
    },
  };
}

/** A button of a row that scrolls sideways: it comes into view when it becomes the current one. */
export function useRevealed(current: boolean) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const row = button.current?.closest(".row");
    if (!current || !button.current || !row) return;
    // Not `scrollIntoView`, which would scroll the page as well.
    const [inner, outer] = [button.current.getBoundingClientRect(), row.getBoundingClientRect()];
    const margin = parseFloat(getComputedStyle(row).paddingLeft);
    row.scrollLeft += Math.max(0, inner.right + margin - outer.right) + Math.min(0, inner.left - margin - outer.left);
  }, [current]);
  return button;
}

/** A row that scrolls sideways: it stands at its start for each new photo. */
export function useRewound<Row extends HTMLElement>(photo: string | undefined) {
  const row = useRef<Row>(null);
  useLayoutEffect(() => {
    if (row.current !== null) row.current.scrollLeft = 0;
  }, [photo]);
  return row;
}
