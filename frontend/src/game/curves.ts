/** Slopes of the piecewise linear curves of `tone` and `color`. Only their ratios matter. */
import { clampTo, type Filter, type Parameter, type Parameters } from "./contract";

/** Equal enough that no pixel could tell the curve from the identity. */
const EQUAL = 1e-9;

function slopesOf(names: readonly string[], parameters: Parameters): number[] {
  return names.map((name) => parameters[name] ?? Number.NaN);
}

function withSlopes(parameters: Parameters, names: readonly string[], slopes: readonly number[]): Parameters {
  const changed = names.map((name, index): [string, number] => [name, slopes[index] ?? Number.NaN]);
  return { ...parameters, ...Object.fromEntries(changed) };
}

function areEqual(slopes: readonly number[]): boolean {
  const largest = Math.max(...slopes);
  return largest - Math.min(...slopes) <= EQUAL * largest;
}

/**
 * The slopes of one curve, each held within the range of `parameter`, in the one form in which they are stored: equal
 * slopes are 1, others are scaled so that smallest times largest equals low times high.
 */
export function canonicalSlopes(slopes: readonly number[], parameter: Parameter): number[] {
  const held = slopes.map((slope) => clampTo(parameter, slope));
  if (areEqual(held)) return held.map(() => 1);
  const factor = Math.sqrt((parameter.low * parameter.high) / (Math.min(...held) * Math.max(...held)));
  return held.map((slope) => slope * factor);
}

/** The parameters in the form in which they are stored: in order, and curves by `canonicalSlopes`. */
export function canonical(filter: Filter, parameters: Parameters): Parameters {
  const ordered = withSlopes(
    {},
    filter.parameters.map((parameter) => parameter.name),
    filter.parameters.map((parameter) => parameters[parameter.name] ?? Number.NaN),
  );
  return filter.curves.reduce((result, names) => {
    const slope = filter.parameters.find((parameter) => parameter.name === names[0]);
    if (slope === undefined) return result;
    return withSlopes(result, names, canonicalSlopes(slopesOf(names, result), slope));
  }, ordered);
}

/** The height of a curve at each k/n of its input, from 0 at 0 to 1 at 1; it runs straight in between. */
export function heightsOf(names: readonly string[], parameters: Parameters): number[] {
  const slopes = slopesOf(names, parameters);
  const total = slopes.reduce((sum, slope) => sum + slope, 0);
  let height = 0;
  return [0, ...slopes.slice(0, -1).map((slope) => (height += slope / total)), 1];
}

/** The lowest and the highest that a point goes, where the steepest part is at most `ratio` times the flattest. */
export function reachOf(point: number, parts: number, ratio: number): readonly [number, number] {
  const after = parts - point;
  return [point / (point + ratio * after), (ratio * point) / (ratio * point + after)];
}

interface Side {
  readonly slopes: readonly number[];
  /** How readily each gives way. */
  readonly yields: readonly number[];
  readonly sum: number;
}

const HALVINGS = 50;

/** The slopes of one side of a point, moved as they yield until they have their sum, none beyond the bounds. */
function fitted({ slopes, yields, sum }: Side, least: number, most: number): number[] {
  const shifted = (by: number) =>
    slopes.map((slope, index) => Math.min(most, Math.max(least, slope + by * (yields[index] ?? 0))));
  const before = slopes.reduce((total, slope) => total + slope, 0);
  const free = (sum - before) / yields.reduce((total, each) => total + each, 0);
  const result = shifted(free);
  if (result.every((slope, index) => slope === (slopes[index] ?? 0) + free * (yields[index] ?? 0))) return result;
  // All are at a bound by then.
  const farthest = slopes.length / Math.min(...yields);
  let [low, high] = [-farthest, farthest];
  for (let turn = 0; turn < HALVINGS; turn++) {
    const middle = (low + high) / 2;
    if (shifted(middle).reduce((total, slope) => total + slope, 0) < sum) low = middle;
    else high = middle;
  }
  return shifted((low + high) / 2);
}

/** Half as readily as the part next to it, on the way to the point that moves. */
function yielding(part: number, point: number): number {
  return 2 ** -(part < point ? point - 1 - part : part - point);
}

/**
 * The parameters with one point of a curve brought to a height, as far as `reachOf` lets it. Its neighbours follow, the
 * nearer the more, and by more where the curve would become too steep in one place for another.
 */
export function movePoint(
  filter: Filter,
  parameters: Parameters,
  names: readonly string[],
  point: number,
  target: number,
): Parameters {
  const ratio = filter.maximum_ratio ?? 1;
  const parts = names.length;
  const [lowest, highest] = reachOf(point, parts, ratio);
  const height = Math.min(highest, Math.max(lowest, target));
  const heights = heightsOf(names, parameters);
  // Slopes whose mean is 1, so that those on one side add up to what the point has to say.
  const slopes = names.map((_, part) => parts * ((heights[part + 1] ?? 1) - (heights[part] ?? 0)));
  const yields = slopes.map((_, part) => yielding(part, point));
  const left = { slopes: slopes.slice(0, point), yields: yields.slice(0, point), sum: parts * height };
  const right = { slopes: slopes.slice(point), yields: yields.slice(point), sum: parts * (1 - height) };
  const bend = (least: number, most: number) => [...fitted(left, least, most), ...fitted(right, least, most)];

  let bent = bend(-Infinity, Infinity);
  const [flattest, steepest] = [Math.min(...bent), Math.max(...bent)];
  if (flattest <= 0 || steepest > ratio * flattest) {
    // Bounds around the middle of what it would be, as far as each side can have its sum between them.
    const means = [left.sum / point, right.sum / (parts - point)];
    const least = Math.min(...means, Math.max(Math.max(...means) / ratio, (flattest + steepest) / (1 + ratio)));
    bent = bend(least, ratio * least);
  }
  return withCurve(filter, parameters, names, bent);
}

/** The parameters with the slopes of one curve, of which only the ratios matter, in the form in which they are stored. */
function withCurve(
  filter: Filter,
  parameters: Parameters,
  names: readonly string[],
  slopes: readonly number[],
): Parameters {
  const { low, high } = filter.parameters.find(({ name }) => name === names[0]) ?? { low: 1, high: 1 };
  const factor = Math.sqrt((low * high) / (Math.min(...slopes) * Math.max(...slopes)));
  const within = slopes.map((slope) => slope * factor);
  return canonical(filter, withSlopes(parameters, names, within));
}

/** The parameters with one curve brought back to a straight line. */
export function straightened(parameters: Parameters, names: readonly string[]): Parameters {
  return withSlopes(
    parameters,
    names,
    names.map(() => 1),
  );
}
