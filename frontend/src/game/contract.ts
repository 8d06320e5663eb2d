/** The game as the server knows it: filters, ranges, texts and the shader, generated from `editing`. */
import raw from "../contract.json";
import { formatNumber } from "../shared/language";
import { gettext } from "../shared/translation";

/** Physical values by name. */
export type Parameters = Readonly<Record<string, number>>;

/** A filter by its slug, with its parameters. */
export interface Step {
  readonly filter: string;
  readonly parameters: Parameters;
}

export interface Parameter {
  readonly name: string;
  readonly label: string;
  readonly low: number;
  readonly high: number;
  readonly neutral: number;
  /** Whether a slider is divided evenly in the value or in its logarithm. */
  readonly scale: "linear" | "log";
  readonly unit: string;
  readonly help: string;
  /** A nudge by one key press, in the physical unit. */
  readonly step: number;
  /** The number shown is `value * factor`, rounded to so many decimals. */
  readonly factor: number;
  readonly decimals: number;
  /** Words for a negative and a positive value, shown in place of its sign. */
  readonly directions: readonly [string, string] | null;
  /** Values below neutral are also shown as `1/x`. */
  readonly reciprocal: boolean;
}

/** What lies between two points of one of a filter's curves, counted by the straight parts before them. */
export interface Reading {
  readonly label: string;
  readonly curve: number;
  readonly first: number;
  readonly last: number;
}

export interface Filter {
  readonly slug: string;
  readonly label: string;
  readonly purpose: string;
  readonly shortcut: string;
  readonly parameters: readonly Parameter[];
  /** For a filter made of curves: the names of the slopes of each, from dark to bright. */
  readonly curves: readonly (readonly string[])[];
  /** Where they are read to describe them. */
  readonly readings: readonly Reading[];
  readonly maximum_ratio: number | null;
}

export type EventKind = keyof typeof raw.event_fields;

export type EventField = "step" | "filter" | "parameters";

export interface Contract {
  readonly version: number;
  /** Those whose play is replayed and drawn as it was. */
  readonly known_versions: readonly number[];
  readonly maximum_steps: number;
  readonly luminance: readonly [number, number, number];
  /** What a kind of event carries besides its time. */
  readonly event_fields: Readonly<Record<EventKind, readonly EventField[]>>;
  /** What a `view` event may note of the screen. */
  readonly view_parameters: readonly string[];
  /** What a control may be moved with: `GestureDevice`. */
  readonly gesture_devices: readonly string[];
  /** Beyond it an event is refused: its clock is broken. */
  readonly maximum_ms: number;
  /** The codes by which the rules refuse an event. */
  readonly refusal_codes: readonly string[];
  /** By so much a value may leave its range, as by rounding. */
  readonly range_tolerance: number;
  readonly filters: readonly Filter[];
  readonly parameter_capacity: number;
  /** GLSL ES 3.00: the head of a shader, and `vec3 filter_<slug>(vec3 color, int place)` of each filter, by its slug. */
  readonly shader: { readonly head: string; readonly filters: Readonly<Record<string, string>> };
}

function translatedParameter(parameter: Parameter): Parameter {
  const { label, help, unit, directions } = parameter;
  return {
    ...parameter,
    label: gettext(label),
    help: gettext(help),
    unit: gettext(unit),
    directions: directions && [gettext(directions[0]), gettext(directions[1])],
  };
}

/** The words of `editing`, in the page's language. */
function translated(contract: Contract): Contract {
  const filters = contract.filters.map((filter) => ({
    ...filter,
    label: gettext(filter.label),
    purpose: gettext(filter.purpose),
    parameters: filter.parameters.map(translatedParameter),
    readings: filter.readings.map((reading) => ({ ...reading, label: gettext(reading.label) })),
  }));
  return { ...contract, filters };
}

export const contract = translated(raw as unknown as Contract);

const bySlug = new Map(contract.filters.map((filter) => [filter.slug, filter]));

/** The filter of that slug, if there is one. */
export function findFilter(slug: string): Filter | undefined {
  return bySlug.get(slug);
}

/** The filter of a step that the game has accepted. */
export function filterOf(step: { readonly filter: string }): Filter {
  const filter = bySlug.get(step.filter);
  if (filter === undefined) throw new Error(`there is no filter ${step.filter}`);
  return filter;
}

/** The slider position, 0 at `low` to 1 at `high`, of a physical value. */
export function toPosition(parameter: Parameter, value: number): number {
  const { low, high } = parameter;
  if (parameter.scale === "log") return Math.log(value / low) / Math.log(high / low);
  return (value - low) / (high - low);
}

/** The physical value at a slider position between 0 and 1. */
export function fromPosition(parameter: Parameter, position: number): number {
  const { low, high } = parameter;
  if (parameter.scale === "log") return low * (high / low) ** position;
  return low + position * (high - low);
}

/** The value held within the range. */
export function clampTo(parameter: Parameter, value: number): number {
  return Math.min(parameter.high, Math.max(parameter.low, value));
}

/** The value within the range, as finely as numbers are shown: what is stored is what people have read. */
export function roundTo(parameter: Parameter, value: number): number {
  const { factor, decimals } = parameter;
  return clampTo(parameter, Number((value * factor).toFixed(decimals)) / factor);
}

export function neutralParameters(filter: Filter): Parameters {
  return Object.fromEntries(filter.parameters.map((parameter) => [parameter.name, parameter.neutral]));
}

/** Whether the parameters leave a picture exactly as it is. */
export function isNeutral(filter: Filter, parameters: Parameters): boolean {
  return filter.parameters.every((parameter) => parameters[parameter.name] === parameter.neutral);
}

/** The value as people read it, such as `+1.90 EV` or `warmer 12`. */
export function describeValue(parameter: Parameter, value: number): string {
  const { factor, decimals, directions, unit } = parameter;
  if (parameter.reciprocal && value < parameter.neutral) return `1/${formatNumber(1 / value, decimals)}`;
  // Rounded first, and -0 made 0, so that next to nothing reads as nothing.
  const shown = Number((value * factor).toFixed(decimals)) + 0;
  if (directions !== null && shown !== 0) {
    return `${directions[shown > 0 ? 1 : 0]} ${formatNumber(Math.abs(shown), decimals)}`;
  }
  const sign = parameter.low < 0 && shown >= 0 ? "+" : "";
  return `${sign}${formatNumber(shown, decimals)} ${unit}`.trim();
}
