/** What a step does, in a few words. */
import { describeValue, filterOf, isNeutral, type Filter, type Parameters, type Step } from "./contract";
import { heightsOf } from "./curves";
import { formatNumber } from "../shared/language";
import { texts } from "../shared/texts";

/**
 * By how much curves raise or lower a level where they are read, at most, in percent of the range; nothing where that
 * does not show.
 */
function describeCurves(filter: Filter, parameters: Parameters): string[] {
  return filter.readings.flatMap(({ label, curve, first, last }) => {
    const names = filter.curves[curve] ?? [];
    const lifts = heightsOf(names, parameters).map((height, point) => height - point / names.length);
    const largest = lifts
      .slice(first, last + 1)
      .reduce((most, lift) => (Math.abs(lift) > Math.abs(most) ? lift : most));
    // Rounded as the server rounds it.
    const shown = Number((100 * largest).toFixed(0)) + 0;
    return shown === 0 ? [] : [`${label} ${shown > 0 ? "+" : ""}${formatNumber(shown)}`];
  });
}

function describeParameters(filter: Filter, parameters: Parameters): string[] {
  return filter.parameters
    .map((parameter) => ({
      text: describeValue(parameter, parameters[parameter.name] ?? 0),
      neutral: describeValue(parameter, parameter.neutral),
    }))
    .filter(({ text, neutral }) => text !== neutral)
    .map(({ text }) => text);
}

/** What a step does, as its cell in the film strip says. */
export function describeStep(step: Step): string {
  const filter = filterOf(step);
  const isCurve = filter.curves.length > 0;
  const shown = (isCurve ? describeCurves : describeParameters)(filter, step.parameters);
  if (shown.length > 0) return shown.join(", ");
  return isCurve && !isNeutral(filter, step.parameters) ? texts.steps.curve : texts.steps.unchanged;
}
