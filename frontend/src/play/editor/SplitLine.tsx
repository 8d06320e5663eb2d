import { texts } from "../../shared/texts";
import type { Play } from "./play";

/** What a press of an arrow moves the line by, in shares of what is seen; with Shift ten times as far. */
const NUDGE = 0.01;

const hold = (share: number) => Math.min(1, Math.max(0, share));

/** Where a key moves the line to, if it does. */
function byKey({ key, shiftKey }: KeyboardEvent, share: number): number | null {
  const nudge = NUDGE * (shiftKey ? 10 : 1);
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return hold(share - nudge);
    case "ArrowRight":
    case "ArrowUp":
      return hold(share + nudge);
    case "Home":
      return 0;
    case "End":
      return 1;
    default:
      return null;
  }
}

/** The line between the original and the edited picture, to drag or to move by keys. */
export function SplitLine({ play }: { readonly play: Play }) {
  const { display, state } = play;
  const { split } = state;
  const frame = display.frame.value;
  const share = split.value;
  if (share === null || frame === null || state.comparing.value) return null;
  const { ratio } = display.room.value;
  const follow = (event: PointerEvent) => {
    if (!(event.currentTarget instanceof Element) || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const box = display.renderer.canvas.getBoundingClientRect();
    split.value = hold((event.clientX - box.left) / box.width);
  };
  const { view } = texts;
  return (
    <div
      class="split-line"
      role="slider"
      tabIndex={0}
      aria-label={view.splitLine}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(100 * share)}
      aria-valuetext={view.splitAt(share)}
      style={{
        left: `${(frame.left + share * frame.width) / ratio}px`,
        top: `${frame.top / ratio}px`,
        height: `${frame.height / ratio}px`,
      }}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={follow}
      onKeyDown={(event) => {
        const next = byKey(event, share);
        if (next === null) return;
        event.preventDefault();
        event.stopPropagation();
        split.value = next;
      }}
    >
      <span class="tag left" aria-hidden="true">
        {view.before}
      </span>
      <span class="grip" aria-hidden="true" />
      <span class="tag right" aria-hidden="true">
        {view.after}
      </span>
    </div>
  );
}
