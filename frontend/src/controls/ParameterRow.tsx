import { describeValue, type Parameter } from "../game/contract";
import { NumberField } from "./NumberField";
import { Slider } from "./Slider";

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
