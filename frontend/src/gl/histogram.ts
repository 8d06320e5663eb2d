/** How often each level occurs in a picture as the screen shows it. */
import { contract } from "../contract";

export const BINS = 128;

export interface Histogram {
  /** Shares of the pixels, `BINS` levels from black to white. */
  readonly red: readonly number[];
  readonly green: readonly number[];
  readonly blue: readonly number[];
  readonly luminance: readonly number[];
  /** The share of the pixels that are full black in all channels, and of those full white in at least one. */
  readonly black: number;
  readonly white: number;
}

/** Counts RGBA pixels of 8 bits. */
export function countLevels(pixels: Uint8ClampedArray): Histogram {
  const count = pixels.length / 4;
  const counts = Array.from({ length: 4 }, () => new Array<number>(BINS).fill(0));
  const [weightRed, weightGreen, weightBlue] = contract.luminance;
  let black = 0;
  let white = 0;
  for (let at = 0; at < pixels.length; at += 4) {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(at, at + 3);
    const luminance = weightRed * red + weightGreen * green + weightBlue * blue;
    [red, green, blue, luminance].forEach((level, channel) => {
      const bins = counts[channel];
      const bin = Math.min(BINS - 1, Math.floor((level * BINS) / 256));
      if (bins !== undefined) bins[bin] = (bins[bin] ?? 0) + 1 / count;
    });
    if (Math.max(red, green, blue) === 0) black += 1 / count;
    if (Math.max(red, green, blue) === 255) white += 1 / count;
  }
  const [red = [], green = [], blue = [], luminance = []] = counts;
  return { red, green, blue, luminance, black, white };
}
