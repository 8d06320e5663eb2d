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
    const one = filter.parameters.find((parameter) => parameter.name === names[0]);
    if (one === undefined) return result;
    return withSlopes(result, names, canonicalSlopes(slopesOf(names, result), one));
  }, ordered);
}

/** The slope that stored curves lie around: as far, in ratio, from the low end of the range as from the high. */
function middleSlope(parameter: Parameter): number {
  return Math.sqrt(parameter.low * parameter.high);
}

function curveOf(filter: Filter, parameter: Parameter): readonly string[] {
  return filter.curves.find((names) => names.includes(parameter.name)) ?? [parameter.name];
}

/**
 * The parameter as people see and move it: in multiples of the middle slope, so that 1 is neutral wherever the range
 * lies.
 */
export function relativeParameter(parameter: Parameter): Parameter {
  const middle = middleSlope(parameter);
  return { ...parameter, low: parameter.low / middle, high: parameter.high / middle };
}

/** A slope as `relativeParameter` counts it. */
export function relativeSlope(filter: Filter, parameters: Parameters, parameter: Parameter): number {
  // Equal slopes are stored as 1, which need not be the middle.
  if (areEqual(slopesOf(curveOf(filter, parameter), parameters))) return 1;
  return (parameters[parameter.name] ?? Number.NaN) / middleSlope(parameter);
}

/**
 * The parameters with one slope moved to a value that `relativeParameter` allows, and the rest of its curve scaled so
 * that the whole is canonical: the slope stays under the hand that drags it, and the allowed ratio is kept.
 */
export function moveSlope(filter: Filter, parameters: Parameters, parameter: Parameter, relative: number): Parameters {
  const value = relative * middleSlope(parameter);
  const product = parameter.low * parameter.high;
  const names = curveOf(filter, parameter);
  const others = slopesOf(
    names.filter((name) => name !== parameter.name),
    parameters,
  );
  const smallest = Math.min(...others);
  const largest = Math.max(...others);
  // The value lies between the others, or is itself the largest or the smallest of all.
  let factor = Math.sqrt(product / (smallest * largest));
  if (value > factor * largest) factor = product / (value * smallest);
  else if (value < factor * smallest) factor = product / (value * largest);
  const moved = names.map((name) => (name === parameter.name ? value : (parameters[name] ?? Number.NaN) * factor));
  return canonical(filter, withSlopes(parameters, names, moved));
}
