import { clampTo, describeValue, fromPosition, roundTo, toPosition, type Parameter } from "../contract";

interface Props {
  readonly parameter: Parameter;
  readonly value: number;
  readonly label: string;
  readonly vertical?: boolean;
  /** The value that a double-click brings back. */
  readonly rest: number;
  /** The control moves; by keys, it may rest between presses. */
  readonly move: (value: number, byKeys: boolean) => void;
  /** The hand lets go. */
  readonly release: () => void;
}

/** How far keys carry the value, in nudges of the parameter. */
const KEYS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 10,
  PageDown: -10,
  Home: -Infinity,
  End: Infinity,
};

/** A native slider over the parameter's scale. Keys move it by the parameter's own step, not by a share of its length. */
export function Slider({ parameter, value, label, vertical = false, rest, move, release }: Props) {
  const onKeyDown = (event: KeyboardEvent) => {
    const nudges = KEYS[event.key];
    if (nudges === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const by = nudges * (event.shiftKey ? 10 : 1) * parameter.step;
    // Nudged values are whole multiples of the step.
    const target = Math.round((value + by) / parameter.step) * parameter.step;
    move(clampTo(parameter, Number.isFinite(target) ? Number(target.toPrecision(12)) : by), true);
  };
  const position = toPosition(parameter, value);
  return (
    <input
      class={vertical ? "slider vertical" : "slider"}
      type="range"
      min={0}
      max={1}
      step="any"
      value={position}
      aria-label={label}
      aria-valuetext={describeValue(parameter, value)}
      title={parameter.help}
      data-parameter={parameter.name}
      style={{ "--position": position, "--neutral": toPosition(parameter, rest) }}
      onInput={(event) => move(roundTo(parameter, fromPosition(parameter, event.currentTarget.valueAsNumber)), false)}
      onChange={release}
      onKeyDown={onKeyDown}
      onDblClick={() => {
        move(rest, false);
        release();
      }}
    />
  );
}
