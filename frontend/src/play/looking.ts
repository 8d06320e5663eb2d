/** How one looks at the photo: near or far, which part, over the whole screen. None of it is an event. */
import { NOTHING_PAINTED, type Clipping } from "../gl/program";
import type { Display } from "./display";
import { shownPreview, type PlayState } from "./state";
import { closerScale, FIT, fitScale, moved, zoomAt, type Size } from "../shared/view";

/** What a press of an arrow moves the photo by, as a share of its place; with Shift four times as far. */
const NUDGE = 0.1;

type Point = readonly [number, number];

export class Looking {
  constructor(
    private readonly state: PlayState,
    private readonly display: Display,
  ) {}

  /** Shows the whole photo. */
  fit(): void {
    this.state.view.value = FIT;
  }

  /** Shows a pixel of the photo as one of the screen, in the middle what was there; or the whole photo again. */
  toggleActual(): void {
    const { view } = this.state;
    if (view.value.scale === 1) view.value = FIT;
    else view.value = { ...view.value, scale: 1 };
  }

  /** Nearer or farther by a factor, at a point of the window, else at the middle. */
  zoomBy(factor: number, at?: Point): void {
    const sizes = this.sizes();
    if (sizes === null) return;
    const { room, photo } = sizes;
    const scale = this.state.view.value.scale ?? fitScale(room, photo);
    this.zoomTo(scale * factor, at);
  }

  /** Nearer at a point of the window, or back to the whole photo. */
  toggleAt(at: Point): void {
    const sizes = this.sizes();
    if (sizes === null) return;
    if (this.state.view.value.scale !== null) this.fit();
    else this.zoomTo(closerScale(sizes.room, sizes.photo), at);
  }

  /** Moves the photo by pixels of the page. */
  move([right, down]: Point): void {
    const sizes = this.sizes();
    if (sizes === null) return;
    const { room, photo, ratio } = sizes;
    const { view } = this.state;
    view.value = moved(view.value, room, photo, [right * ratio, down * ratio]);
  }

  /** Moves the photo by a key; false where there is nothing to move. */
  nudge([right, down]: Point, far: boolean): boolean {
    if (this.state.view.value.scale === null) return false;
    const { width, height, ratio } = this.display.room.value;
    const share = (NUDGE * (far ? 4 : 1)) / ratio;
    this.move([right * width * share, down * height * share]);
    return true;
  }

  /** Paints over what is clipped, at both ends or at one, or no longer. */
  toggleClipping(end?: keyof Clipping): void {
    const { clipping } = this.state;
    const { black, white } = clipping.value;
    if (end !== undefined) clipping.value = { ...clipping.value, [end]: !clipping.value[end] };
    else clipping.value = black || white ? NOTHING_PAINTED : { black: true, white: true };
  }

  /** The photo alone over the whole screen, where the browser can. */
  toggleFullScreen(): void {
    const stage = this.display.renderer.canvas.closest(".stage");
    if (!document.fullscreenEnabled || stage === null) return;
    const done = document.fullscreenElement === null ? stage.requestFullscreen() : document.exitFullscreen();
    // Refused, as where the window is being closed: it stays as it is.
    done.catch(() => undefined);
  }

  private zoomTo(scale: number, at?: Point): void {
    const sizes = this.sizes();
    if (sizes === null) return;
    const { room, photo, ratio } = sizes;
    const { view } = this.state;
    let point: Point = [room.width / 2, room.height / 2];
    if (at !== undefined) {
      const box = this.display.renderer.canvas.parentElement?.getBoundingClientRect();
      point = [(at[0] - (box?.left ?? 0)) * ratio, (at[1] - (box?.top ?? 0)) * ratio];
    }
    view.value = zoomAt(view.value, room, photo, scale, point);
  }

  private sizes(): { room: Size; photo: Size; ratio: number } | null {
    const photo = shownPreview(this.state);
    const { width, height, ratio } = this.display.room.value;
    return photo === null || width === 0 || height === 0 ? null : { room: { width, height }, photo, ratio };
  }
}
