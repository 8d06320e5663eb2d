/** The white balance that turns a colour grey: the arithmetic of the picker. */
import { findFilter, roundTo, type Parameters } from "../game/contract";

/** Red, green and blue in linear light, as they enter the step. */
export type Colour = readonly [number, number, number];

/** Below this, noise decides what hue a colour has. */
const DARKEST = 0.002;

export interface Balance {
  readonly parameters: Parameters;
  /** Whether the colour becomes grey; else temperature or tint stands at the end of its range. */
  readonly reached: boolean;
}

/** A picture of linear light: RGBA, rows from the top. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** A picked place is so many pixels to each side of its middle, so that noise evens out. */
const REACH = 3;

/** The mean colour of a small square around a place, given in shares of the picture's width and height. */
export function meanAround({ width, height, data }: Pixels, across: number, down: number): Colour {
  const within = (share: number, length: number) => Math.min(length - 1, Math.max(0, Math.floor(share * length)));
  const [column, row] = [within(across, width), within(down, height)];
  const sums: [number, number, number] = [0, 0, 0];
  let count = 0;
  for (let y = Math.max(0, row - REACH); y <= Math.min(height - 1, row + REACH); y++) {
    for (let x = Math.max(0, column - REACH); x <= Math.min(width - 1, column + REACH); x++) {
      const at = 4 * (y * width + x);
      for (const channel of [0, 1, 2] as const) sums[channel] += data[at + channel] ?? 0;
      count += 1;
    }
  }
  return [sums[0] / count, sums[1] / count, sums[2] / count];
}

/**
 * The temperature and tint that make a colour grey, as near as they go, or null where it is too dark to tell. White
 * balance scales the channels by `1 : exp(-tint) : exp(-temperature)`, so that both follow from ratios of the channels.
 */
export function greyBalance([red, green, blue]: Colour): Balance | null {
  if (!(Math.min(red, green, blue) >= DARKEST)) return null;
  const exact: Readonly<Record<string, number>> = { temperature: Math.log(blue / red), tint: Math.log(green / red) };
  const parameters = findFilter("white_balance")?.parameters ?? [];
  const rounded = parameters.map(
    (parameter) => [parameter.name, roundTo(parameter, exact[parameter.name] ?? 0)] as const,
  );
  const reached = parameters.every(({ name, low, high, step }) => {
    const value = exact[name] ?? 0;
    return value >= low - step / 2 && value <= high + step / 2;
  });
  return { parameters: Object.fromEntries(rounded), reached };
}
