import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Filter, Parameters } from "../game/contract";
import { heightsOf, movePoint, straightened } from "../game/curves";
import { CurveChart } from "./CurveChart";
import { curveKind, curveLabel, pointParameter } from "./curvePoint";
import { NumberField } from "./NumberField";
import { controlsTexts } from "./texts";

interface Props {
  readonly filter: Filter;
  readonly parameters: Parameters;
  /** What is drawn behind the curve: the levels that it works on. */
  readonly backdrop: ComponentChildren;
  /** The control moves; by keys, it may rest between presses. */
  readonly move: (parameters: Parameters, byKeys: boolean) => void;
  /** The hand lets go. */
  readonly release: () => void;
}

/** The curves of a filter, one of them to be bent by its points; the others are seen behind it. */
export function CurveEditor({ filter, parameters, backdrop, move, release }: Props) {
  const chosen = useSignal(0);
  const selected = useSignal(4);
  const names = filter.curves[chosen.value] ?? [];
  const others = filter.curves.filter((curve) => curve !== names);
  const point = pointParameter(filter, names, selected.value);
  const height = heightsOf(names, parameters)[selected.value] ?? point.neutral;
  const label = curveLabel(names);

  const set = (changed: Parameters) => {
    move(changed, false);
    release();
  };
  return (
    <div class={`curves ${curveKind(names)}`}>
      {others.length > 0 && (
        <div class="channels" role="group" aria-label={controlsTexts.channels}>
          {filter.curves.map((curve, index) => (
            <button
              key={curveKind(curve)}
              type="button"
              class={curveKind(curve)}
              aria-pressed={curve === names}
              onClick={() => (chosen.value = index)}
            >
              {curveLabel(curve)}
            </button>
          ))}
        </div>
      )}
      <CurveChart
        filter={filter}
        names={names}
        others={others}
        parameters={parameters}
        backdrop={backdrop}
        selected={selected}
        move={move}
        release={release}
      />
      <div class="parameter-head">
        <span class="point-label">{point.label}</span>
        <NumberField
          key={point.label}
          parameter={point}
          value={height}
          set={(typed) => set(movePoint(filter, parameters, names, selected.value, typed))}
        />
        <button
          type="button"
          class="text-button"
          aria-label={controlsTexts.resetCurve(label)}
          onClick={() => set(straightened(parameters, names))}
        >
          {controlsTexts.reset}
        </button>
      </div>
      <p class="hint">{others.length > 0 ? controlsTexts.colorHint : controlsTexts.curveHint}</p>
    </div>
  );
}
