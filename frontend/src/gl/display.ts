/** Keeps the canvas, the histogram and the film strip's pictures up to date with the state, once a frame at most. */
import { effect, signal, untracked } from "@preact/signals";
import { shownSteps, type PlayState, type Preview, type Step } from "../state";
import { countLevels, type Histogram } from "./histogram";
import type { Renderer } from "./renderer";

/** The longer side of what the histogram counts, and of a picture in the film strip, in pixels. */
const COUNTED_EDGE = 256;
const THUMBNAIL_EDGE = 288;

/** The size, in whole pixels, of a photo whose longer side is brought down to `edge`. */
export function scaledTo(edge: number, { width, height }: Preview): [number, number] {
  const scale = Math.min(1, edge / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

export class Display {
  /** Of the picture that is shown. */
  readonly histogram = signal<Histogram | null>(null);
  /** The original, then the picture after each step. */
  readonly thumbnails = signal<readonly ImageData[]>([]);
  private frame = 0;
  private thumbnailsOf: readonly Step[] = [];

  constructor(
    private readonly state: PlayState,
    readonly renderer: Renderer,
  ) {
    effect(() => {
      if (state.preview.value !== null) renderer.upload(state.preview.value);
      this.thumbnails.value = [];
    });
    effect(() => {
      if (state.preview.value !== null) this.schedule(this.shown(), state.clipping.value);
    });
    this.surviveContextLoss();
  }

  /** Sets the size of the drawing buffer, in device pixels. */
  resize(width: number, height: number): void {
    const { canvas } = this.renderer;
    if (canvas.width === width && canvas.height === height) return;
    canvas.width = width;
    canvas.height = height;
    untracked(() => this.draw(this.shown(), this.state.clipping.value));
  }

  /** The picture after the given steps, with its longer side of `edge` pixels. */
  picture(steps: readonly Step[], edge: number): ImageData | null {
    const preview = this.state.preview.peek();
    return preview === null ? null : this.renderer.picture(steps, ...scaledTo(edge, preview));
  }

  /** Where in the photo a point of the window lies, in shares of its width and height; null beside what is seen. */
  photoPoint(clientX: number, clientY: number): readonly [number, number] | null {
    const box = this.renderer.canvas.getBoundingClientRect();
    const [across, down] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
    return across >= 0 && across <= 1 && down >= 0 && down <= 1 ? [across, down] : null;
  }

  private shown(): readonly Step[] {
    const steps = shownSteps(this.state);
    return this.state.comparing.value ? [] : steps;
  }

  /** Asks for one frame, however much changes until then. */
  private schedule(steps: readonly Step[], clipping: boolean): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw(steps, clipping));
  }

  private draw(steps: readonly Step[], clipping: boolean): void {
    cancelAnimationFrame(this.frame);
    const { state, renderer } = this;
    const preview = state.preview.peek();
    if (preview === null || state.pictureLost.peek()) return;
    renderer.draw(steps, clipping);
    this.histogram.value = countLevels(renderer.picture(steps, ...scaledTo(COUNTED_EDGE, preview), true).data);
    this.drawThumbnails();
  }

  /** The film strip follows what is decided, not each movement of a slider; pictures before a change stay. */
  private drawThumbnails(): void {
    const { steps } = this.state.game.peek().position;
    const drawn = this.thumbnails.peek();
    if ((this.thumbnailsOf === steps && drawn.length > 0) || this.state.draft.peek() !== null) return;
    const changed = steps.findIndex((step, index) => step !== this.thumbnailsOf[index]);
    const kept = drawn.slice(0, 1 + (changed === -1 ? steps.length : changed));
    const missing = Array.from({ length: steps.length + 1 - kept.length }, (_, index) =>
      this.picture(steps.slice(0, kept.length + index), THUMBNAIL_EDGE),
    );
    this.thumbnailsOf = steps;
    this.thumbnails.value = [...kept, ...missing.filter((picture) => picture !== null)];
  }

  private surviveContextLoss(): void {
    const { renderer, state } = this;
    renderer.canvas.addEventListener("webglcontextlost", (event) => {
      // Without this the browser never gives the context back.
      event.preventDefault();
      state.pictureLost.value = true;
    });
    renderer.canvas.addEventListener("webglcontextrestored", () => {
      renderer.restore();
      state.pictureLost.value = false;
      this.thumbnails.value = [];
      this.schedule(this.shown(), state.clipping.value);
    });
  }
}
