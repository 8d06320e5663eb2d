/** Slopes of the piecewise linear curves of `tone` and `color`. Only their ratios matter. */
import type { Filter, Parameter } from "./contract";
import type { Parameters } from "./state";

/** Equal enough that no pixel could tell the curve from the identity. */
const EQUAL = 1e-9;

function slopesOf(names: readonly string[], parameters: Parameters): number[] {
  return names.map((name) => parameters[name] ?? Number.NaN);
}

function withSlopes(parameters: Parameters, names: readonly string[], slopes: readonly number[]): Parameters {
  const changed = names.map((name, index): [string, number] => [name, slopes[index] ?? Number.NaN]);
  return { ...parameters, ...Object.fromEntries(changed) };
}

/**
 * The slopes of one curve in the one form in which they are stored: equal slopes are 1, others are scaled so that
 * smallest times largest equals low times high of the range.
 */
export function canonicalSlopes(slopes: readonly number[], low: number, high: number): number[] {
  const smallest = Math.min(...slopes);
  const largest = Math.max(...slopes);
  if (largest - smallest <= EQUAL * largest) return slopes.map(() => 1);
  const factor = Math.sqrt((low * high) / (smallest * largest));
  return slopes.map((slope) => slope * factor);
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
    return withSlopes(result, names, canonicalSlopes(slopesOf(names, result), one.low, one.high));
  }, ordered);
}

/**
 * The parameters with one slope moved to a value of its range, and the rest of its curve scaled so that the whole is
 * canonical: the slope stays under the hand that drags it, and the allowed ratio is kept.
 */
export function moveSlope(filter: Filter, parameters: Parameters, parameter: Parameter, value: number): Parameters {
  const names = filter.curves.find((curve) => curve.includes(parameter.name)) ?? [parameter.name];
  const others = slopesOf(
    names.filter((name) => name !== parameter.name),
    parameters,
  );
  const product = parameter.low * parameter.high;
  const smallest = Math.min(...others);
  const largest = Math.max(...others);
  // The value lies between the others, or is itself the largest or the smallest of all.
  let factor = Math.sqrt(product / (smallest * largest));
  if (value > factor * largest) factor = product / (value * smallest);
  else if (value < factor * smallest) factor = product / (value * largest);
  const moved = names.map((name) => (name === parameter.name ? value : (parameters[name] ?? Number.NaN) * factor));
  return canonical(filter, withSlopes(parameters, names, moved));
}

/** The value at which a slope neither brightens nor darkens its part against the middle of the others. */
export function middleSlope(parameter: Parameter): number {
  return Math.sqrt(parameter.low * parameter.high);
}
