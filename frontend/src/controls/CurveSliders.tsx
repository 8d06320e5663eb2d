import type { Filter, Parameter, Parameters } from "../contract";
import { moveSlope, relativeParameter, relativeSlope } from "../curves";
import { texts } from "../texts";
import { NumberField } from "./NumberField";
import { Slider } from "./Slider";

interface Props {
  readonly filter: Filter;
  readonly parameters: Parameters;
  readonly move: (parameters: Parameters, byKeys: boolean) => void;
  readonly release: () => void;
}

/** The slopes of each curve, relative to the middle, as a row of upright sliders from dark to bright. */
export function CurveSliders({ filter, parameters, move, release }: Props) {
  const slider = (parameter: Parameter) => {
    const relative = relativeParameter(parameter);
    const value = relativeSlope(filter, parameters, parameter);
    const set = (wanted: number, byKeys: boolean) => move(moveSlope(filter, parameters, parameter, wanted), byKeys);
    return (
      <div class="band" key={parameter.name}>
        <Slider
          parameter={relative}
          value={value}
          label={parameter.label}
          rest={relative.neutral}
          vertical
          move={set}
          release={release}
        />
        <NumberField
          parameter={relative}
          value={value}
          set={(typed) => {
            set(typed, false);
            release();
          }}
        />
      </div>
    );
  };

  const neutralCurve = (names: readonly string[]) => {
    const neutral = filter.parameters.filter(({ name }) => names.includes(name));
    move({ ...parameters, ...Object.fromEntries(neutral.map((one) => [one.name, one.neutral])) }, false);
    release();
  };

  return (
    <div class="curves">
      {filter.curves.map((names) => {
        const kind = names[0]?.replace(/_0$/, "") ?? "";
        const label = texts.controls.curves[kind] ?? kind;
        return (
          <fieldset key={kind} class={`curve ${kind}`}>
            <legend>{label}</legend>
            <button
              type="button"
              class="text-button"
              aria-label={texts.controls.reset(label)}
              onClick={() => neutralCurve(names)}
            >
              reset
            </button>
            <div class="bands">{filter.parameters.filter(({ name }) => names.includes(name)).map(slider)}</div>
            <div class="ends" aria-hidden="true">
              <span>{texts.controls.dark}</span>
              <span>{texts.controls.bright}</span>
            </div>
          </fieldset>
        );
      })}
      <p class="hint">{texts.controls.curveHint}</p>
    </div>
  );
}
