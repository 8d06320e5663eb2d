import { describeValue, type Parameter, fromPosition, roundTo, toPosition } from "../game/contract";
import { NumberField } from "./NumberField";
import { nudged } from "./input";

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

interface Props {
  readonly parameter: Parameter;
  readonly value: number;
  readonly move: (value: number, byKeys: boolean) => void;
  readonly release: () => void;
}

/** One parameter: its name, the value in words and as a number, and the slider. */
export function ParameterRow({ parameter, value, move, release }: Props) {
  const inWords = parameter.directions !== null || parameter.reciprocal;
  return (
    <div class={`parameter ${parameter.name}`}>
      <div class="parameter-head">
        <span>{parameter.label}</span>
        <span class="in-words">{inWords && value !== parameter.neutral ? describeValue(parameter, value) : ""}</span>
        <NumberField
          parameter={parameter}
          value={value}
          set={(typed) => {
            move(typed, false);
            release();
          }}
        />
      </div>
      <Slider parameter={parameter} value={value} move={move} release={release} />
      <p class="hint">{parameter.help}</p>
    </div>
  );
}
