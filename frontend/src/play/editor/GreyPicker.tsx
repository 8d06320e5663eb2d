import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { NoWebGL } from "../../gl/renderer";
import { meanAround, type Pixels } from "../grey";
import { shownSteps } from "../state";
import type { Play } from "./play";
import { byTouch } from "../../shared/touch";
import { editorTexts } from "./texts";

/** The button that begins to pick, and what came of it. */
export function GreyPicker({ play }: { readonly play: Play }) {
  const { actions, state } = play;
  const { picker } = editorTexts.controls;
  const now = state.picker.value;
  const aiming = now === "aiming";
  const said = now === "off" ? "" : aiming ? (byTouch() ? picker.aimByTouch : picker.aim) : picker[now];
  return (
    <div class="picker">
      <button type="button" aria-pressed={aiming} title={picker.hint} onClick={() => actions.togglePicker()}>
        {aiming ? picker.stop : picker.start}
      </button>
      <p class="hint" role="status">
        {said}
      </p>
    </div>
  );
}

/** The picture that enters the step at the cursor: unclipped where this machine can draw that, else as a screen shows it. */
function entering({ display, state }: Play): Pixels | null {
  const steps = shownSteps(state).slice(0, state.game.value.position.cursor);
  try {
    return display.renderer.readFloats(steps);
  } catch (error) {
    if (!(error instanceof NoWebGL)) throw error;
    const shown = display.picture(steps, Infinity);
    if (shown === null) return null;
    const { width, height } = shown;
    return { width, height, data: Float32Array.from(shown.data, (level) => level / 255) };
  }
}

/** How far the keys move the cross, in pixels. */
const NUDGE_PX = 4;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Lies over the photo while a grey is picked: takes the click, or a cross that is moved by keys. */
export function PickLayer({ play }: { readonly play: Play }) {
  return play.state.picker.value === "aiming" ? <Aim play={play} /> : null;
}

function Aim({ play }: { readonly play: Play }) {
  const layer = useRef<HTMLButtonElement>(null);
  const cross = useSignal<readonly [number, number] | null>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    layer.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);

  /** Takes the colour under a point of the window, if the photo is there. */
  const pick = (left: number, top: number) => {
    const point = play.display.photoPoint(left, top);
    if (point === null) return;
    const pixels = entering(play);
    if (pixels !== null) play.actions.pickGrey(meanAround(pixels, ...point));
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const box = layer.current?.getBoundingClientRect();
    const arrow = ARROWS[event.key];
    if (box === undefined) return;
    const [left, top] = cross.value ?? [box.width / 2, box.height / 2];
    if (event.key === "Enter" || event.key === " ") pick(box.left + left, box.top + top);
    else if (arrow === undefined) return;
    else {
      const by = NUDGE_PX * (event.shiftKey ? 10 : 1);
      const within = (at: number, length: number) => Math.min(length, Math.max(0, at));
      cross.value = [within(left + by * arrow[0], box.width), within(top + by * arrow[1], box.height)];
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const [left, top] = cross.value ?? [];
  const { picker } = editorTexts.controls;
  return (
    <button
      ref={layer}
      type="button"
      class="pick-layer"
      aria-label={picker.label}
      onKeyDown={onKeyDown}
      // A press picks; it does not move the photo.
      onPointerDown={(event) => event.stopPropagation()}
      onClick={(event) => pick(event.clientX, event.clientY)}
    >
      <span
        class="cross"
        style={{ left: left === undefined ? "50%" : `${left}px`, top: top === undefined ? "50%" : `${top}px` }}
      />
    </button>
  );
}
