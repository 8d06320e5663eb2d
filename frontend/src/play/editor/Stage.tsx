import { useLayoutEffect, useRef } from "preact/hooks";
import { texts } from "../../shared/texts";
import { listenToGestures } from "./gestures";
import { PickLayer } from "./GreyPicker";
import { Looks } from "./Looks";
import type { Play } from "./play";
import { SplitLine } from "./SplitLine";
import type { Photo } from "../../shared/api";

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

/** Who made the photo and what may be done with it, before the name of its file, which may be long. */
function Credit({ photo }: { readonly photo: Photo }) {
  const rights = texts.rights(photo.attribution, photo.licence);
  return (
    <p class="credit" title={[rights, photo.name].filter(Boolean).join(" · ")}>
      {rights !== "" && <span class="rights">{rights}</span>}
      <span class="file">{photo.name}</span>
    </p>
  );
}

/** The photo, as large as it goes, and the ways to look at it. */
export function Stage({ play }: { readonly play: Play }) {
  const { comparing, photo, preview, pictureLost, split, view } = play.state;
  const room = useRoom(play);
  const { canvas } = play.display.renderer;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", comparing.value ? texts.canvasOriginal : texts.canvas);
  // Browsers paint one that is lost white, with a mark of theirs.
  canvas.hidden = preview.value === null || pictureLost.value;
  const kinds = ["stage", view.value.scale === null ? "" : "zoomed", split.value === null ? "" : "split"];
  return (
    <section
      class={kinds.filter(Boolean).join(" ")}
      style={{ "--aspect": preview.value === null ? 1.5 : preview.value.width / preview.value.height }}
    >
      <div class="room" ref={room}>
        <SplitLine play={play} />
        <PickLayer play={play} />
      </div>
      {pictureLost.value && (
        <p class="over" role="status">
          {texts.pictureLost}
        </p>
      )}
      {comparing.value && <span class="tag">{texts.original}</span>}
      {preview.value !== null && <Looks play={play} />}
      {photo.value !== null && <Credit photo={photo.value} />}
    </section>
  );
}
