/** A replay as a film: how the steps stand at each moment of it. */
import { filterOf, fromPosition, toPosition, type Step } from "../game/contract";

/** A step moves from neutral to where it was set, and then rests to be looked at. */
export const MOVE_MS = 1_300;
export const REST_MS = 1_100;

/** Slow, fast, slow: from 0 to 1. */
function eased(share: number): number {
  return share * share * (3 - 2 * share);
}

/** A step on its way from neutral, at 0, to its values, at 1, as a slider moves. */
export function partOf(step: Step, share: number): Step {
  if (share >= 1) return step;
  const parameters = filterOf(step).parameters.map((parameter): [string, number] => {
    const start = toPosition(parameter, parameter.neutral);
    const end = toPosition(parameter, step.parameters[parameter.name] ?? parameter.neutral);
    return [parameter.name, fromPosition(parameter, start + eased(share) * (end - start))];
  });
  return { ...step, parameters: Object.fromEntries(parameters) };
}

/** The steps while the one at `current`, from 1, has come so far; 0 is the photo as it came. */
export function stepsAt(steps: readonly Step[], current: number, share: number): readonly Step[] {
  return steps.slice(0, current).map((step, index) => (index === current - 1 ? partOf(step, share) : step));
}
