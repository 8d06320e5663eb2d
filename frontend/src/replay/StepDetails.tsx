import { describeValue, filterOf, type Filter, type Step } from "../game/contract";
import { heightsOf } from "../game/curves";
import { FilterIcon } from "../shared/icons";
import { texts } from "../shared/texts";
import type { ReplayStep } from "../viewing/api";
import { replayTexts } from "./texts";

/** The curves of a filter that is made of them, as they were set. */
function Curves({ filter, step }: { readonly filter: Filter; readonly step: Step }) {
  return (
    <svg class="curves" viewBox="-2 -2 104 104" role="img" aria-label={replayTexts.curves}>
      <path class="identity" d="M0 100L100 0" />
      {filter.curves.map((names) => {
        const corners = heightsOf(names, step.parameters).map((height, index) => {
          const across = (100 * index) / names.length;
          return `${across.toFixed(1)} ${(100 - 100 * height).toFixed(1)}`;
        });
        return <path key={names[0]} class={(names[0] ?? "").replace(/_\d+$/, "")} d={`M${corners.join("L")}`} />;
      })}
    </svg>
  );
}

/** A filter and its values. */
export function StepDetails({
  step,
  number,
  count,
}: {
  readonly step: ReplayStep | undefined;
  readonly number: number;
  readonly count: number;
}) {
  if (step === undefined) {
    return (
      <div class="details">
        <p class="place">{texts.original}</p>
        <p class="hint">{count === 0 ? replayTexts.untouched : replayTexts.original(count)}</p>
      </div>
    );
  }
  const filter = filterOf(step);
  return (
    <div class="details">
      <p class="place">{replayTexts.stepOf(number, count)}</p>
      <h2>
        <FilterIcon slug={filter.slug} /> {filter.label}
      </h2>
      <p class="hint">{filter.purpose}</p>
      {step.probability !== null && <p class="hint">{replayTexts.probability(step.probability)}</p>}
      {filter.curves.length > 0 ? (
        <Curves filter={filter} step={step} />
      ) : (
        <dl>
          {filter.parameters.map((parameter) => (
            <div key={parameter.name}>
              <dt>{parameter.label}</dt>
              <dd>{describeValue(parameter, step.parameters[parameter.name] ?? parameter.neutral)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
