/** Keeps the canvas, the histogram and the film strip's pictures up to date with the state, once a frame at most. */
import { computed, effect, signal, untracked, type ReadonlySignal } from "@preact/signals";
import { shownPreview, shownSteps, type PlayState } from "./state";
import { frameOf, scaledTo, type Frame, type Size } from "../shared/view";
import { Follower } from "./follower";
import { Probe } from "./probe";
import type { Renderer } from "../gl/renderer";
import type { Step } from "../game/contract";

export class Display {
  /** The place for the photo, in device pixels, and how many of them are a pixel of the page. */
  readonly room = signal<Size & { readonly ratio: number }>({ width: 0, height: 0, ratio: 1 });
  /** Where the photo stands in it, and what of it is seen; null without a photo or a place. */
  readonly frame: ReadonlySignal<Frame | null>;
  /** The point of the photo that is pointed at, in shares of its width and height. */
  readonly pointed = signal<readonly [number, number] | null>(null);
  private readonly follower: Follower;
  private readonly probe: Probe;
  private request = 0;

  constructor(
    private readonly state: PlayState,
    readonly renderer: Renderer,
  ) {
    this.follower = new Follower(renderer);
    this.probe = new Probe(renderer);
    this.frame = computed(() => {
      const { width, height } = this.room.value;
      const preview = shownPreview(state);
      return preview === null || width === 0 || height === 0
        ? null
        : frameOf(state.view.value, this.room.value, preview);
    });
    effect(() => {
      if (state.preview.value !== null) renderer.upload(state.preview.value, state.largePreview.value);
    });
    state.preview.subscribe(() => this.follower.forget());
    effect(() => {
      this.look();
      this.schedule();
    });
    effect(() => this.probe.read(this.reading()));
    this.surviveContextLoss();
  }

  /** Whether the screen has more pixels for the photo than its preview, or one wants to see them one to one. */
  readonly wantsMore = computed(() => {
    const { preview, view } = this.state;
    const frame = this.frame.value;
    return preview.value !== null && frame !== null && (frame.scale > 1 || (view.value.scale ?? 0) >= 1);
  });

  /** Of the picture that is shown. */
  get histogram() {
    return this.follower.histogram;
  }

  /** What a screen shows at the point that is pointed at; null where none is. */
  get colour() {
    return this.probe.colour;
  }

  /** The original, then the picture after each step. */
  get thumbnails() {
    return this.follower.thumbnails;
  }

  /** Takes the size of the place, in pixels of the page, and draws at once, so that no frame shows the old size. */
  resize(width: number, height: number): void {
    const ratio = window.devicePixelRatio;
    this.room.value = { width: Math.floor(width * ratio), height: Math.floor(height * ratio), ratio };
    this.draw();
  }

  /** The picture after the given steps, with its longer side of `edge` pixels. */
  picture(steps: readonly Step[], edge: number): ImageData | null {
    const preview = this.state.preview.peek();
    return preview === null ? null : this.renderer.picture(steps, ...scaledTo(edge, preview));
  }

  /** Where in the photo a point of the window lies, in shares of its width and height; null beside what is seen. */
  photoPoint(clientX: number, clientY: number): readonly [number, number] | null {
    const frame = this.frame.peek();
    if (frame === null) return null;
    const box = this.renderer.canvas.getBoundingClientRect();
    const [across, down] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
    if (!(across >= 0 && across <= 1 && down >= 0 && down <= 1)) return null;
    const [left, top, right, bottom] = frame.area;
    return [left + across * (right - left), top + down * (bottom - top)];
  }

  /** All that the canvas depends on. */
  private look() {
    const { comparing, clipping, split } = this.state;
    const edited = shownSteps(this.state);
    const steps = comparing.value ? [] : edited;
    const preview = shownPreview(this.state);
    return { preview, steps, edited, clipping: clipping.value, split: split.value, frame: this.frame.value };
  }

  /** What is shown at the point: left of the line of a split picture, the original. */
  private reading() {
    const { pointed, state } = this;
    const { steps, split, frame } = this.look();
    const point = pointed.value;
    if (point === null || frame === null || state.preview.value === null || state.pictureLost.value) return null;
    const across = (point[0] - frame.area[0]) / (frame.area[2] - frame.area[0]);
    return { steps: split !== null && across < split ? [] : steps, point };
  }

  /** Asks for one frame, however much changes until then. */
  private schedule(): void {
    cancelAnimationFrame(this.request);
    this.request = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.request);
    const { state } = this;
    const preview = state.preview.peek();
    const { steps, edited, clipping, split, frame } = untracked(() => this.look());
    if (preview === null || frame === null || state.pictureLost.peek()) return;
    this.place(frame);
    this.renderer.draw({ steps, clipping, area: frame.area, split: state.comparing.peek() ? null : split });
    this.follower.follow(preview, steps, edited);
  }

  /** Puts the canvas where the frame is, pixel by pixel. */
  private place({ left, top, width, height }: Frame): void {
    const { canvas } = this.renderer;
    const { ratio } = this.room.peek();
    // Setting the size of its buffer empties a canvas, and costs.
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const style = { left, top, width, height };
    for (const [name, length] of Object.entries(style)) canvas.style.setProperty(name, `${length / ratio}px`);
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
      this.draw();
    });
  }
}
