import { clampTo, type Parameter } from "../game/contract";

/** How far keys carry a value, in nudges of the parameter. */
const KEYS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 10,
  PageDown: -10,
  Home: -Infinity,
  End: Infinity,
};

/** Where a key carries the value, by the parameter's own step and with Shift ten times as far; null for other keys. */
export function nudged(parameter: Parameter, value: number, event: KeyboardEvent): number | null {
  const nudges = KEYS[event.key];
  if (nudges === undefined || event.ctrlKey || event.metaKey || event.altKey) return null;
  const by = nudges * (event.shiftKey ? 10 : 1) * parameter.step;
  // Nudged values are whole multiples of the step.
  const target = Math.round((value + by) / parameter.step) * parameter.step;
  return clampTo(parameter, Number.isFinite(target) ? Number(target.toPrecision(12)) : by);
}
