/** The keys of the play page. Number fields and lists keep theirs, and so do dialogs. */
import type { Actions } from "./actions";
import { contract } from "../game/contract";
import type { Looking } from "./looking";
import type { PlayState } from "./state";

function withControl(event: KeyboardEvent, actions: Actions): boolean {
  const key = event.key.toLowerCase();
  if (key === "z") {
    if (event.shiftKey) actions.redo();
    else actions.undo();
  } else if (key === "y") actions.redo();
  else return false;
  return true;
}

/**
 * Who chooses by a key goes on by keys: the arrows move the first of the controls. Preact draws them in a microtask,
 * queued before this one, so that even the very next key finds them.
 */
function focusFirstControl(): void {
  queueMicrotask(() => {
    document.querySelector<HTMLElement>(".controls :is(input[type=range], [role=slider])")?.focus();
  });
}

function alone(event: KeyboardEvent, state: PlayState, actions: Actions, looking: Looking): boolean {
  const filter = contract.filters.find(({ shortcut }) => shortcut === event.key);
  if (filter !== undefined) {
    actions.choose(filter.slug);
    focusFirstControl();
    return true;
  }
  switch (event.key) {
    case "b":
    case "B":
      actions.compare(true);
      return true;
    case "j":
    case "J":
      looking.toggleClipping();
      return true;
    case "s":
    case "S":
      actions.toggleSplit();
      return true;
    case "Enter":
      actions.finish();
      return true;
    case "Delete":
    case "Backspace":
      actions.remove();
      return true;
    case "r":
    case "R":
      actions.toggleReplacing();
      return true;
    case "g":
    case "G":
      actions.togglePicker();
      return true;
    case ",":
      actions.walk(-1);
      return true;
    case ".":
      actions.walk(1);
      return true;
    case "Escape":
      actions.cancel();
      return true;
    case "?":
      state.dialog.value = "help";
      return true;
    default:
      return false;
  }
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [1, 0],
  ArrowRight: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** The keys that change how one looks at the photo; arrows move it where it is larger than its place. */
function looks(event: KeyboardEvent, looking: Looking): boolean {
  const arrow = ARROWS[event.key];
  if (arrow !== undefined) {
    const onControl = event.target instanceof Element && event.target.matches("input, [role=slider]");
    return !onControl && looking.nudge(arrow, event.shiftKey);
  }
  switch (event.key) {
    case "0":
      looking.fit();
      return true;
    case "z":
    case "Z":
      looking.toggleActual();
      return true;
    case "+":
    case "=":
      looking.zoomBy(1.25);
      return true;
    case "-":
      looking.zoomBy(0.8);
      return true;
    case "f":
    case "F":
      looking.toggleFullScreen();
      return true;
    default:
      return false;
  }
}

/** Keys that go on while they are held; the others do one thing, once. */
const GOING_ON = new Set([",", ".", "+", "=", "-", ...Object.keys(ARROWS)]);

export function listenToKeys(state: PlayState, actions: Actions, looking: Looking): void {
  window.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    const typing = target.matches("input:not([type=range]), select");
    const pressing = event.key === "Enter" && target.matches("button, a");
    if (event.defaultPrevented || typing || pressing || event.altKey || state.dialog.value !== null) return;
    const control = event.ctrlKey || event.metaKey;
    // Who holds Ctrl and Z goes back step by step, as everywhere.
    if (event.repeat && !control && !GOING_ON.has(event.key)) return;
    const handled = control
      ? withControl(event, actions)
      : alone(event, state, actions, looking) || looks(event, looking);
    if (handled) event.preventDefault();
  });
  window.addEventListener("keyup", (event) => {
    if (event.key.toLowerCase() === "b") actions.compare(false);
  });
}
