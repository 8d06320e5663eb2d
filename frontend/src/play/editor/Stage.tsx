import { useLayoutEffect, useRef } from "preact/hooks";
import { texts } from "../../shared/texts";
import { listenToGestures } from "./gestures";
import { PickLayer } from "./GreyPicker";
import { Looks } from "./Looks";
import { editorTexts } from "./texts";
import type { Play } from "./play";
import type { Photo } from "../../shared/api";

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
  const { view } = editorTexts;
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

/** The place of the photo: the display has its size, and the canvas stands in it. */
function useRoom({ display, looking, state }: Play) {
  const room = useRef<HTMLDivElement>(null);
  const preview = state.preview.value;
  useLayoutEffect(() => {
    const element = room.current;
    if (element === null) return;
    element.prepend(display.renderer.canvas);
    return listenToGestures(element, looking);
  }, [display, looking]);
  useLayoutEffect(() => {
    const element = room.current;
    if (element === null) return;
    // Where the page scrolls, each photo begins at its top.
    window.scrollTo(0, 0);
    const measure = () => display.resize(element.clientWidth, element.clientHeight);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [display, preview]);
  return room;
}

/** Who made the photo and what may be done with it. The name of its file is the researchers' business. */
function Credit({ photo }: { readonly photo: Photo }) {
  const rights = texts.rights(photo.attribution, photo.licence);
  return (
    <p class="credit" title={rights}>
      <span class="rights">{rights}</span>
    </p>
  );
}

/** The photo, as large as it goes, and the ways to look at it. */
export function Stage({ play }: { readonly play: Play }) {
  const { comparing, draft, instruction, photo, preview, pictureLost, split, view } = play.state;
  const { display } = play;
  const room = useRoom(play);
  const { canvas } = display.renderer;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", comparing.value ? texts.canvasOriginal : editorTexts.canvas);
  // Browsers paint one that is lost white, with a mark of theirs.
  canvas.hidden = preview.value === null || pictureLost.value;
  const kinds = [
    "stage",
    view.value.scale === null ? "" : "zoomed",
    split.value === null ? "" : "split",
    draft.value === null ? "" : "changing",
  ];
  return (
    <section class={kinds.filter(Boolean).join(" ")}>
      <div
        class="room"
        ref={room}
        onPointerMove={(event) => (display.pointed.value = display.photoPoint(event.clientX, event.clientY))}
        onPointerLeave={() => (display.pointed.value = null)}
      >
        <SplitLine play={play} />
        <PickLayer play={play} />
      </div>
      {pictureLost.value && (
        <p class="over" role="status">
          {editorTexts.pictureLost}
        </p>
      )}
      {instruction.value !== "" && (
        <p class="asked" role="status">
          {editorTexts.asked} <strong>{instruction.value}</strong>
        </p>
      )}
      {comparing.value && <span class="tag">{texts.original}</span>}
      {preview.value !== null && <Looks play={play} />}
      {photo.value !== null && <Credit photo={photo.value} />}
    </section>
  );
}
