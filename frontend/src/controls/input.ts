/** What keys and typed text mean to a parameter. */
import { clampTo, type Parameter } from "../game/contract";

/**
 * The value that was meant, which may lie outside the range, or null where the text is no number. Taken: a comma or a
 * point, signs in print, the unit or any word behind the number, the parameter's words for a direction (`cooler 12`), and `1/2`
 * where values are shown so.
 */
export function readTyped({ factor, directions, reciprocal }: Parameter, text: string): number | null {
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/[\u2212\u2013]/g, "-")
    .replace(",", ".");
  const match = /^(?<word>\p{L}*)\s*(?<over>1\s*\/)?\s*(?<number>[+-]?(?:\d+\.?\d*|\.\d+))\s*[\p{L}%]*$/u.exec(
    plain,
  )?.groups;
  if (match === undefined) return null;
  const number = Number(match.number);
  if (match.over !== undefined) return reciprocal && number !== 0 ? 1 / number : null;
  if (match.word === "") return number / factor;
  const direction = directions?.findIndex((word) => word.toLowerCase() === match.word) ?? -1;
  if (direction === -1) return null;
  return ((direction === 0 ? -1 : 1) * number) / factor;
}

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
