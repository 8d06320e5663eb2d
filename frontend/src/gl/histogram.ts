/** How often each level occurs in a picture as the screen shows it. */
import { contract } from "../game/contract";

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
  /** The shares of those at the end of each channel: red, green, blue. */
  readonly empty: Channels;
  readonly full: Channels;
}

type Channels = readonly [number, number, number];

function shares(counts: Uint32Array, total: number): number[] {
  return Array.from(counts, (count) => count / total);
}

/** Counts RGBA pixels of 8 bits. */
export function countLevels(pixels: Uint8ClampedArray): Histogram {
  const total = pixels.length / 4;
  const [weightRed, weightGreen, weightBlue] = contract.luminance;
  const reds = new Uint32Array(BINS);
  const greens = new Uint32Array(BINS);
  const blues = new Uint32Array(BINS);
  const luminances = new Uint32Array(BINS);
  const binOf = (level: number) => Math.floor((level * BINS) / 256);
  const add = (counts: Uint32Array, level: number) => (counts[binOf(level)] = (counts[binOf(level)] ?? 0) + 1);
  const empty: [number, number, number] = [0, 0, 0];
  const full: [number, number, number] = [0, 0, 0];
  let black = 0;
  let white = 0;
  for (let at = 0; at < pixels.length; at += 4) {
    const red = pixels[at] ?? 0;
    const green = pixels[at + 1] ?? 0;
    const blue = pixels[at + 2] ?? 0;
    add(reds, red);
    add(greens, green);
    add(blues, blue);
    add(luminances, weightRed * red + weightGreen * green + weightBlue * blue);
    if (red === 0) empty[0] += 1;
    if (green === 0) empty[1] += 1;
    if (blue === 0) empty[2] += 1;
    if (red === 255) full[0] += 1;
    if (green === 255) full[1] += 1;
    if (blue === 255) full[2] += 1;
    const brightest = Math.max(red, green, blue);
    if (brightest === 0) black += 1;
    if (brightest === 255) white += 1;
  }
  return {
    red: shares(reds, total),
    green: shares(greens, total),
    blue: shares(blues, total),
    luminance: shares(luminances, total),
    black: black / total,
    white: white / total,
    empty: [empty[0] / total, empty[1] / total, empty[2] / total],
    full: [full[0] / total, full[1] / total, full[2] / total],
  };
}
