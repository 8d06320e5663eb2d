/** What the card of a style shows, and where: plain numbers, for a drawing of fixed width. */
import { contract } from "../game/contract";
import type { Group, OthersStyle, Style, Styles } from "../viewing/api";

export const GROUPS: readonly Group[] = ["you", "others", "agent"];

/** A filter that is used in fewer of the pictures is no habit. */
const HABIT = 0.34;
/** By so little two brightnesses, or two warmths, do not differ to the eye. */
const SAME_BRIGHTNESS = 0.02;
const SAME_WARMTH = 0.01;
/** The least that the axes of the map span, so that small differences look small. */
const LEAST_BRIGHTNESS = 0.2;
const LEAST_WARMTH = 0.12;

/**
 * A measure of one's own pictures, and of others' as it would be on the same photos: as far from one's own as the two
 * differ on the photos that both did.
 */
function besides(styles: Styles, measure: (style: Style) => number): Partial<Record<Group, number>> {
  const { you, others, agent } = styles;
  if (you === null) return {};
  const own = measure(you);
  const values: Partial<Record<Group, number>> = { you: own };
  if (others !== null) values.others = own + measure(others) - measure(others.you);
  if (agent !== null) values.agent = own + measure(agent) - measure(agent.you);
  return values;
}

export interface Bar {
  readonly slug: string;
  readonly label: string;
  /** The share of the pictures that use the filter, 0 to 1, by whose they are; others' beside one's own. */
  readonly shares: Readonly<Partial<Record<Group, number>>>;
}

/** One row for each filter, in the order of the palette. */
export function barsOf(styles: Styles): Bar[] {
  return contract.filters.map(({ slug, label }) => {
    const shares = besides(styles, (style) => style.shares[slug] ?? 0);
    for (const group of GROUPS) {
      const share = shares[group];
      if (share !== undefined) shares[group] = Math.min(1, Math.max(0, share));
    }
    return { slug, label, shares };
  });
}

/** The filters that somebody usually takes, in the order in which they usually come. */
export function usualOrder(style: Style): string[] {
  return Object.keys(style.places)
    .filter((slug) => (style.shares[slug] ?? 0) >= HABIT)
    .sort((slug, next) => (style.places[slug] ?? 0) - (style.places[next] ?? 0))
    .slice(0, contract.maximum_steps);
}

export interface Difference {
  readonly brightness: "darker" | "same" | "brighter";
  readonly warmth: "cooler" | "same" | "warmer";
}

function direction<Low extends string, High extends string>(
  difference: number,
  same: number,
  low: Low,
  high: High,
): Low | High | "same" {
  if (Math.abs(difference) < same) return "same";
  return difference < 0 ? low : high;
}

/** How one's own style differs from another on the photos that both did, in words' terms. */
export function difference({ you, brightness, warmth }: OthersStyle): Difference {
  return {
    brightness: direction(you.brightness - brightness, SAME_BRIGHTNESS, "darker", "brighter"),
    warmth: direction(you.warmth - warmth, SAME_WARMTH, "cooler", "warmer"),
  };
}

export interface Point {
  readonly group: Group;
  /** From 0, cool, to 1, warm; and from 0, dark, to 1, bright. */
  readonly x: number;
  readonly y: number;
}

/** Values between 0 and 1 along an axis that spans them all, and at least `least`. */
function alongAxis(values: readonly number[], least: number): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  // A margin, so that no point lies on the edge.
  const span = Math.max(least, 1.5 * (high - low));
  const start = (low + high - span) / 2;
  return values.map((value) => (value - start) / span);
}

/** How warm and how bright the pictures are, as points on a map. */
export function mapOf(styles: Styles): Point[] {
  const [warmth, brightness] = [besides(styles, (style) => style.warmth), besides(styles, (style) => style.brightness)];
  const present = GROUPS.filter((group) => warmth[group] !== undefined);
  const xs = alongAxis(
    present.map((group) => warmth[group] ?? 0),
    LEAST_WARMTH,
  );
  const ys = alongAxis(
    present.map((group) => brightness[group] ?? 0),
    LEAST_BRIGHTNESS,
  );
  return present.map((group, index) => ({ group, x: xs[index] ?? 0.5, y: ys[index] ?? 0.5 }));
}
