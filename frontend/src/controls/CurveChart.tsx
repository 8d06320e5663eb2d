import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { describeValue, roundTo, type Filter, type Parameters } from "../game/contract";
import { heightsOf, movePoint } from "../game/curves";
import { texts } from "../shared/texts";
import { curveKind, pointParameter } from "./curvePoint";
import { nudged } from "./nudge";
import { useCurveDrag } from "./useCurveDrag";

export interface ChartProps {
  readonly filter: Filter;
  /** The slopes of the curve that is bent, and of those that are only shown. */
  readonly names: readonly string[];
  readonly others: readonly (readonly string[])[];
  readonly parameters: Parameters;
  readonly backdrop: ComponentChildren;
  /** The point that was touched last. */
  readonly selected: Signal<number>;
  readonly move: (parameters: Parameters, byKeys: boolean) => void;
  readonly release: () => void;
}

/** The exact curve: straight from one height to the next, in a square whose y axis points down. */
function path(heights: readonly number[]): string {
  const corners = heights.map((height, index) => `${index / (heights.length - 1)} ${1 - height}`);
  return `M${corners.join("L")}`;
}

const GRID = "M.25 0V1M.5 0V1M.75 0V1M0 .25H1M0 .5H1M0 .75H1";

/** One curve over the levels that it works on, with a point to drag between each two of its straight parts. */
export function CurveChart(props: ChartProps) {
  const { filter, names, others, parameters, backdrop, selected, move } = props;
  const drag = useCurveDrag(props);
  const heights = heightsOf(names, parameters);

  const marker = (height: number, point: number) => {
    const parameter = pointParameter(filter, names, point);
    return (
      <div
        key={point}
        class={selected.value === point ? "point selected" : "point"}
        role="slider"
        tabIndex={0}
        aria-orientation="vertical"
        aria-label={parameter.label}
        aria-valuemin={100 * parameter.low}
        aria-valuemax={100 * parameter.high}
        aria-valuenow={100 * height}
        aria-valuetext={describeValue(parameter, height)}
        data-point={point}
        style={{ left: `${100 * parameter.neutral}%`, bottom: `${100 * height}%` }}
        onFocus={() => (selected.value = point)}
        onKeyDown={(event) => {
          const target = nudged(parameter, roundTo(parameter, height), event);
          if (target === null) return;
          event.preventDefault();
          move(movePoint(filter, parameters, names, point, target), true);
        }}
      />
    );
  };

  return (
    <div class="chart" {...drag}>
      {backdrop}
      <svg class="lines" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        <path class="grid" d={GRID} />
        <path class="neutral" d="M0 1L1 0" />
        {others.map((curve) => (
          <path key={curveKind(curve)} class={`other ${curveKind(curve)}`} d={path(heightsOf(curve, parameters))} />
        ))}
        <path class="bent" d={path(heights)} />
      </svg>
      <div class="ends" aria-hidden="true">
        <span>{texts.controls.dark}</span>
        <span>{texts.controls.bright}</span>
      </div>
      {heights.slice(1, -1).map((height, index) => marker(height, index + 1))}
    </div>
  );
}
