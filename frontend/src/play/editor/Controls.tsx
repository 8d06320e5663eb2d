import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { filterOf, type Parameters } from "../../game/contract";
import { CurveEditor } from "../../controls/CurveEditor";
import { ParameterRow } from "../../controls/ParameterRow";
import { countLevels } from "../../gl/histogram";
import { offered, shownSteps } from "../state";
import { GreyPicker } from "./GreyPicker";
import type { Play } from "./play";
import { byTouch } from "../../shared/touch";
import { Levels } from "./Histogram";
import { editorTexts } from "./texts";

function Invitation({ play }: { readonly play: Play }) {
  const count = play.state.game.value.position.steps.length;
  const { start, between, full } = editorTexts.controls;
  return <p class="hint">{count === 0 ? start : count === offered(play.state).maximumSteps ? full : between}</p>;
}

/** The longer side of the picture whose levels lie behind a curve, in pixels. */
const COUNTED_EDGE = 256;

/** The levels of the picture that enters the step at the cursor: what its curve works on. */
function EnteringLevels({ play }: { readonly play: Play }) {
  const { game, preview, pictureLost } = play.state;
  const { steps, cursor } = game.value.position;
  const before = steps.slice(0, cursor);
  const histogram = useMemo(() => {
    const picture = pictureLost.value ? null : play.display.picture(before, COUNTED_EDGE);
    return picture && countLevels(picture.data);
  }, [preview.value, pictureLost.value, JSON.stringify(before)]);
  return histogram && <Levels histogram={histogram} />;
}

/** Brings the controls of another step into view, where the page or the panel scrolls. */
function useInView(step: string) {
  const section = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    section.current?.scrollIntoView({ block: "nearest" });
    section.current?.closest(".step")?.scrollTo(0, 0);
  }, [step]);
  return section;
}

/** The controls of the step that the cursor stands on. */
export function Controls({ play }: { readonly play: Play }) {
  const { actions, state } = play;
  const { cursor } = state.game.value.position;
  const step = shownSteps(state)[cursor];
  const section = useInView(`${cursor} ${step?.filter}`);
  if (step === undefined) {
    return (
      <section class="controls">
        <div class="section-head">
          <h2>{editorTexts.controls.none}</h2>
        </div>
        <Invitation play={play} />
      </section>
    );
  }
  const filter = filterOf(step);
  const move = (parameters: Parameters, byKeys: boolean) => actions.preview(parameters, byKeys);
  const release = () => actions.commit();
  return (
    <section class="controls" ref={section} aria-label={filter.label} key={`${cursor} ${filter.slug}`}>
      <div class="section-head">
        <h2>
          <span class="index">{cursor + 1}</span> {filter.label}
        </h2>
        <p>{byTouch() ? editorTexts.controls.resetsByTouch : editorTexts.controls.resets}</p>
      </div>
      <p class="purpose">{filter.purpose}</p>
      {filter.slug === "white_balance" && <GreyPicker play={play} />}
      {filter.curves.length > 0 ? (
        <CurveEditor
          filter={filter}
          parameters={step.parameters}
          backdrop={<EnteringLevels play={play} />}
          move={move}
          release={release}
        />
      ) : (
        filter.parameters.map((parameter) => (
          <ParameterRow
            key={parameter.name}
            parameter={parameter}
            value={step.parameters[parameter.name] ?? parameter.neutral}
            move={(value, byKeys) => move({ ...step.parameters, [parameter.name]: value }, byKeys)}
            release={release}
          />
        ))
      )}
    </section>
  );
}
