/** Numbers as people type them. */
import type { Parameter } from "../game/contract";

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
  const found = /^(?<word>\p{L}*)\s*(?<over>1\s*\/)?\s*(?<number>[+-]?(?:\d+\.?\d*|\.\d+))\s*[\p{L}%]*$/u.exec(
    plain,
  )?.groups;
  if (found === undefined) return null;
  const number = Number(found.number);
  if (found.over !== undefined) return reciprocal && number !== 0 ? 1 / number : null;
  if (found.word === "") return number / factor;
  const direction = directions?.findIndex((word) => word.toLowerCase() === found.word) ?? -1;
  if (direction === -1) return null;
  return ((direction === 0 ? -1 : 1) * number) / factor;
}
