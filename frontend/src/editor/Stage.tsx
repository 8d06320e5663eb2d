import { useLayoutEffect, useRef } from "preact/hooks";
import type { PhotoOffer } from "../state";
import { texts } from "../texts";
import { PickLayer } from "./GreyPicker";
import { holdToCompare } from "./hold";
import type { Play } from "./play";

/** Shows the canvas as large as the photo fits into the room, in whole device pixels. */
function useFittedCanvas({ display, state }: Play) {
  const room = useRef<HTMLDivElement>(null);
  const preview = state.preview.value;
  useLayoutEffect(() => {
    const element = room.current;
    if (element === null) return;
    const { canvas } = display.renderer;
    element.prepend(canvas);
    // Where the page scrolls, each photo begins at its top.
    window.scrollTo(0, 0);
    const fit = () => {
      if (preview === null) return;
      const scale = Math.min(element.clientWidth / preview.width, element.clientHeight / preview.height);
      const [width, height] = [preview.width * scale, preview.height * scale];
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      const toDevice = (length: number) => Math.max(1, Math.round(length * window.devicePixelRatio));
      display.resize(toDevice(width), toDevice(height));
    };
    const observer = new ResizeObserver(fit);
    observer.observe(element);
    fit();
    return () => observer.disconnect();
  }, [display, preview]);
  return room;
}

/** Who made the photo and what may be done with it, before the name of its file, which may be long. */
function Credit({ photo }: { readonly photo: PhotoOffer }) {
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
  const { comparing, clipping, photo, preview, pictureLost } = play.state;
  const room = useFittedCanvas(play);
  const { canvas } = play.display.renderer;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", comparing.value ? texts.canvasOriginal : texts.canvas);
  canvas.hidden = preview.value === null;
  return (
    <section
      class="stage"
      style={{ "--aspect": preview.value === null ? 1.5 : preview.value.width / preview.value.height }}
    >
      <div class="room" ref={room}>
        <PickLayer play={play} />
      </div>
      {pictureLost.value && (
        <p class="over" role="status">
          {texts.pictureLost}
        </p>
      )}
      {comparing.value && <span class="tag">{texts.original}</span>}
      {preview.value !== null && (
        <div class="looks">
          <button
            type="button"
            class="before"
            aria-pressed={comparing.value}
            title={texts.view.beforeHint}
            {...holdToCompare(play)}
          >
            {texts.view.before} <kbd>B</kbd>
          </button>
          <button
            type="button"
            aria-pressed={clipping.value}
            title={texts.view.clippingHint}
            onClick={() => (clipping.value = !clipping.value)}
          >
            {texts.view.clipping} <kbd>J</kbd>
          </button>
        </div>
      )}
      {photo.value !== null && <Credit photo={photo.value} />}
    </section>
  );
}
