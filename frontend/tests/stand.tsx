/** For the benchmark: the play page itself, on a photo and a game in memory, with frames drawn when they are asked for. */
import { render } from "preact";
import { signal } from "@preact/signals";
import { Actions } from "../src/play/actions";
import { contract, fromPosition, neutralParameters, type EventKind } from "../src/game/contract";
import { Page } from "../src/play/editor/Page";
import { applyEvent } from "../src/game/rules";
import { Display } from "../src/play/display";
import { Renderer } from "../src/gl/renderer";
import { Looking } from "../src/play/looking";
import type { Details } from "../src/play/session";
import { createState, type SavingStatus } from "../src/play/state";
import "../src/play/styles/play.css";

interface Stand {
  readonly size: () => readonly [number, number];
  readonly zoom: (scale: number | null) => void;
  /** Milliseconds from the moment a slider is moved to a share of its length until the frame has been drawn. */
  readonly redraw: (parameter: string, share: number) => Promise<number>;
  /**
   * The same for each of so many inputs in a row, one for each frame of a screen, while the histogram and the film strip
   * follow as they do in life: milliseconds from the moment when the input was due.
   */
  readonly drag: (parameter: string, inputs: number) => Promise<readonly number[]>;
}

declare global {
  interface Window {
    stand?: Stand;
    /** The width and height of the photo, and of the place where it is shown; and the steps by their filters. */
    wanted: { readonly size: readonly [number, number]; readonly filters: readonly string[] };
  }
}

const frames = new Map<number, FrameRequestCallback>();
let requested = 0;
window.requestAnimationFrame = (callback) => {
  requested += 1;
  frames.set(requested, callback);
  return requested;
};
window.cancelAnimationFrame = (number) => void frames.delete(number);

function runFrames(): void {
  const callbacks = [...frames.values()];
  frames.clear();
  for (const callback of callbacks) callback(performance.now());
}

function pause(ms = 20): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const FRAME_MS = 1000 / 60;

const [width, height] = window.wanted.size;
const state = createState();
const episode = { id: "", episode: "", contract_version: contract.version, ms: 0, step: null, filter: null };
const record = (kind: EventKind, details: Details = {}) => {
  const event = { ...episode, parameters: null, gesture: null, seq: state.game.value.nextSeq, kind, ...details };
  state.game.value = applyEvent(state.game.value, event);
};
const actions = new Actions(state, {
  isOpen: true,
  record,
  recordView: () => undefined,
  submit: () => Promise.resolve(),
  skipPractice: () => Promise.resolve(),
});
const display = new Display(state, new Renderer(document.createElement("canvas")));
const looking = new Looking(state, display);
const saving = signal<SavingStatus>({ state: "saved", waiting: 0 });

/** Half floats between 0.06 and 1, in no order. */
const pixels = Uint16Array.from({ length: 3 * width * height }, (_, index) => 0x2c00 + ((7919 * index) % 0x1000));
state.preview.value = { width, height, pixels };
record("start");
for (const slug of window.wanted.filters) {
  actions.choose(slug);
  const filter = contract.filters.find((each) => each.slug === slug);
  if (filter === undefined) throw new Error(`there is no filter ${slug}`);
  const moved = filter.parameters.map((parameter, index) => [
    parameter.name,
    fromPosition(parameter, 0.3 + 0.05 * (index % 8)),
  ]);
  actions.preview({ ...neutralParameters(filter), ...(Object.fromEntries(moved) as Record<string, number>) });
  actions.commit();
}
actions.goto(0);
state.page.value = "playing";
const root = document.createElement("div");
root.id = "app";
document.body.append(root);
// The place has the size that is wanted, whatever else the page shows.
const style = document.createElement("style");
style.textContent = `.room { inset: 0 auto auto 0 !important; width: ${width}px; height: ${height}px; }`;
document.head.append(style);
render(<Page play={{ state, actions, display, looking, saving }} />, root);

/** Moves a slider to a share of its length; resolves when the frame that follows has been drawn. */
async function moved(parameter: string, share: number): Promise<void> {
  const slider = document.querySelector<HTMLInputElement>(`input[data-parameter=${parameter}]`);
  const gl = display.renderer.canvas.getContext("webgl2");
  if (slider === null || gl === null) throw new Error("the page is not as it was");
  slider.valueAsNumber = share;
  slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
  // Preact draws the controls in a microtask.
  await Promise.resolve();
  runFrames();
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
}

window.stand = {
  size: () => [display.renderer.canvas.width, display.renderer.canvas.height],
  zoom: (scale) => {
    state.view.value = { scale, x: 0.5, y: 0.5 };
    runFrames();
  },
  redraw: async (parameter, share) => {
    // What follows a frame, such as the histogram, has its turn between one redraw and the next, as in life.
    await pause();
    runFrames();
    display.renderer.canvas.getContext("webgl2")?.finish();
    const began = performance.now();
    await moved(parameter, share);
    return performance.now() - began;
  },
  drag: async (parameter, inputs) => {
    const took: number[] = [];
    let due = performance.now() + FRAME_MS;
    for (let input = 0; input < inputs; input++) {
      while (performance.now() < due) await pause(0);
      await moved(parameter, 0.3 + (0.4 * input) / inputs);
      const now = performance.now();
      took.push(now - due);
      due = Math.max(due + FRAME_MS, now);
    }
    return took;
  },
};
