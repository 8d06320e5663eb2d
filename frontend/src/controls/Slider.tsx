import { describeValue, fromPosition, roundTo, toPosition, type Parameter } from "../game/contract";
import { nudged } from "./nudge";

interface Props {
  readonly parameter: Parameter;
  readonly value: number;
  /** The control moves; by keys, it may rest between presses. */
  readonly move: (value: number, byKeys: boolean) => void;
  /** The hand lets go. */
  readonly release: () => void;
}

/** As near to neutral as this share of the length, a hand that drags is taken to mean neutral. */
const SNAP = 0.012;

function dragged(parameter: Parameter, position: number): number {
  if (Math.abs(position - toPosition(parameter, parameter.neutral)) < SNAP) return parameter.neutral;
  return roundTo(parameter, fromPosition(parameter, position));
}

/** A native slider over the parameter's scale. Keys move it by the parameter's own step, not by a share of its length. */
export function Slider({ parameter, value, move, release }: Props) {
  const position = toPosition(parameter, value);
  return (
    <input
      class="slider"
      type="range"
      min={0}
      max={1}
      step="any"
      value={position}
      aria-label={parameter.label}
      aria-valuetext={describeValue(parameter, value)}
      title={parameter.help}
      data-parameter={parameter.name}
      style={{ "--position": position, "--neutral": toPosition(parameter, parameter.neutral) }}
      onInput={(event) => move(dragged(parameter, event.currentTarget.valueAsNumber), false)}
      onChange={release}
      onKeyDown={(event) => {
        const target = nudged(parameter, value, event);
        if (target === null) return;
        event.preventDefault();
        move(target, true);
      }}
      onDblClick={() => {
        move(parameter.neutral, false);
        release();
      }}
    />
  );
}
