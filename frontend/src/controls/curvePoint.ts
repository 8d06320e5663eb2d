/** A point of a curve as a parameter that is moved, typed and read like any other: its height, in per cent of white. */
import type { Filter, Parameter } from "../game/contract";
import { reachOf } from "../game/curves";
import { controlsTexts } from "./texts";

/** A curve that bends little is moved more finely than the hand that drags it, and by smaller nudges. */
const FINE_BELOW_RATIO = 2;

/** How far a point moves for each pixel that the pointer moves. */
export function gearOf({ maximum_ratio }: Filter): number {
  return (maximum_ratio ?? 1) < FINE_BELOW_RATIO ? 0.25 : 1;
}

export function pointParameter(filter: Filter, names: readonly string[], point: number): Parameter {
  const [low, high] = reachOf(point, names.length, filter.maximum_ratio ?? 1);
  const neutral = point / names.length;
  return {
    name: `point_${point}`,
    label: controlsTexts.point(curveLabel(names), neutral),
    low,
    high,
    neutral,
    scale: "linear",
    step: gearOf(filter) < 1 ? 0.001 : 0.005,
    unit: "%",
    help: controlsTexts.pointHelp,
    factor: 100,
    decimals: 1,
    directions: null,
    reciprocal: false,
  };
}

/** What a curve's slopes are of: `red` for red_0 to red_7. */
export function curveKind(names: readonly string[]): string {
  return names[0]?.replace(/_0$/, "") ?? "";
}

export function curveLabel(names: readonly string[]): string {
  const kind = curveKind(names);
  return controlsTexts.curves[kind] ?? kind;
}
