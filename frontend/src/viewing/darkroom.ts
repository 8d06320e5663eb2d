/** Develops pictures of one photo. The graphics card may be lost meanwhile, and come back. */
import { signal } from "@preact/signals";
import { Renderer } from "../gl/renderer";
import { scaledTo } from "../shared/view";
import type { Preview } from "../shared/preview";
import type { Step } from "../game/contract";

export class Darkroom {
  readonly renderer: Renderer;
  /** How often the graphics card has come back: what is drawn onto the canvas is drawn again then. */
  readonly restored = signal(0);

  /** Throws `NoWebGL` where the browser has no WebGL 2. */
  constructor() {
    this.renderer = new Renderer(document.createElement("canvas"));
    const { canvas } = this.renderer;
    // Without this the browser never gives the context back.
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => {
      this.renderer.restore();
      this.restored.value += 1;
    });
  }

  /** The photo after each of the steps, from the first, with its longer side of `edge` pixels. */
  strip(preview: Preview, steps: readonly Step[], edge: number): ImageData[] {
    return steps.map((_, index) => this.picture(preview, steps.slice(0, index + 1), edge));
  }

  /** The photo after all the steps. The preview is the one that was uploaded last. */
  picture(preview: Preview, steps: readonly Step[], edge: number): ImageData {
    return this.renderer.picture(steps, ...scaledTo(edge, preview));
  }
}
