import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { describeValue, roundTo, type Filter, type Parameters } from "../game/contract";
import { heightsOf, movePoint, straightened } from "../game/curves";
import { curveKind, pointParameter, gearOf } from "./curvePoint";
import { useRef } from "preact/hooks";
import { nudged } from "./input";
import { controlsTexts } from "./texts";

interface Drag {
  readonly pointer: number;
  readonly point: number;
  /** Where the pointer went down, and what stood there: a drag is counted from its start, so that it can go back. */
  readonly from: number;
  readonly height: number;
  readonly parameters: Parameters;
}

/** As near to neutral as this, in pixels, a hand that drags is taken to mean neutral. */
const SNAP_PX = 3;

/** How far from a point's middle a hand still means the point. */
const TOUCH_PX = 22;

type On<Kind extends Event> = Kind & { readonly currentTarget: HTMLElement };

/**
 * Handlers of a chart whose points are dragged up and down. The mouse takes the nearest point from anywhere in the
 * chart; a finger must touch a point, so that the page can be scrolled beside them.
 */
export function useCurveDrag({ filter, names, parameters, selected, move, release }: ChartProps) {
  const drag = useRef<Drag | null>(null);

  /** The point whose column the pointer is in, and how high the pointer is above it, in pixels. */
  const pointAt = (event: On<MouseEvent>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const across = Math.round(((event.clientX - box.left) / box.width) * names.length);
    const point = Math.min(names.length - 1, Math.max(1, across));
    const height = heightsOf(names, parameters)[point] ?? 0;
    return { point, height, above: box.bottom - event.clientY - height * box.height };
  };

  const onPointerDown = (event: On<PointerEvent>) => {
    const onPoint = event.target instanceof Element && event.target.matches(".point");
    if (event.button !== 0 || drag.current !== null || (event.pointerType === "touch" && !onPoint)) return;
    const chart = event.currentTarget;
    const { point, height } = pointAt(event);
    chart.setPointerCapture(event.pointerId);
    chart.querySelector<HTMLElement>(`[data-point="${point}"]`)?.focus({ preventScroll: true });
    // The focus would go to what lies under the pointer.
    event.preventDefault();
    selected.value = point;
    drag.current = { pointer: event.pointerId, point, from: event.clientY, height, parameters };
  };

  const onPointerMove = (event: On<PointerEvent>) => {
    const held = drag.current;
    if (held?.pointer !== event.pointerId) return;
    const perPixel = gearOf(filter) / event.currentTarget.getBoundingClientRect().height;
    const parameter = pointParameter(filter, names, held.point);
    const height = held.height + (held.from - event.clientY) * perPixel;
    const snaps = Math.abs(height - parameter.neutral) < SNAP_PX * perPixel;
    const target = snaps ? parameter.neutral : roundTo(parameter, height);
    move(
      event.clientY === held.from ? held.parameters : movePoint(filter, held.parameters, names, held.point, target),
      false,
    );
  };

  const onPointerUp = (event: On<PointerEvent>) => {
    if (drag.current?.pointer !== event.pointerId) return;
    drag.current = null;
    release();
  };

  /** The system took the pointer away: nothing was meant. */
  const onPointerCancel = (event: On<PointerEvent>) => {
    if (drag.current?.pointer !== event.pointerId) return;
    move(drag.current.parameters, false);
    onPointerUp(event);
  };

  /** A double-click resets the point under it, or, beside the points, the curve. */
  const onDblClick = (event: On<MouseEvent>) => {
    const { point, above } = pointAt(event);
    const onPoint = Math.abs(above) <= TOUCH_PX;
    const reset = onPoint
      ? movePoint(filter, parameters, names, point, point / names.length)
      : straightened(parameters, names);
    move(reset, false);
    release();
  };

  return { onDblClick, onPointerDown, onPointerMove, onPointerUp, onPointerCancel };
}

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
        <span>{controlsTexts.dark}</span>
        <span>{controlsTexts.bright}</span>
      </div>
      {heights.slice(1, -1).map((height, index) => marker(height, index + 1))}
    </div>
  );
}
