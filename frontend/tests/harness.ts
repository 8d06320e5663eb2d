/** For the browser tests of the shader: colours in, colours out, by the renderer that the game uses. */
import { Renderer } from "../src/gl/renderer";
import type { Step } from "../src/game/contract";

interface Harness {
  /** RGBA float32 of a row of colours (bits of float16, three each) after each of the lists of steps. */
  readonly develop: (colours: readonly number[], trials: readonly (readonly Step[])[]) => number[][];
}

declare global {
  interface Window {
    harness?: Harness;
  }
}

const renderer = new Renderer(document.createElement("canvas"));

window.harness = {
  develop: (colours, trials) => {
    renderer.upload({ width: colours.length / 3, height: 1, pixels: new Uint16Array(colours) });
    return trials.map((steps) => Array.from(renderer.readFloats(steps).data));
  },
};
