import { filterOf, type Step } from "../../game/contract";
import { describeStep } from "../../game/describe";
import { offered, shownSteps } from "../state";
import { texts } from "../../shared/texts";
import { FinishButton } from "./Buttons";
import { Pixels } from "../../shared/Pixels";
import { type Play, holdToCompare, useRevealed, useRewound } from "./play";
import { editorTexts } from "./texts";

function StepCell({ play, step, index }: { readonly play: Play; readonly step: Step; readonly index: number }) {
  const { label } = filterOf(step);
  const value = describeStep(step);
  const current = play.state.game.value.position.cursor === index;
  const button = useRevealed(current);
  const pictures = play.display.thumbnails.value;
  return (
    <li>
      <button
        ref={button}
        type="button"
        class={current ? "cell current" : "cell"}
        aria-current={current ? "step" : undefined}
        aria-label={texts.steps.step(index + 1, label, value)}
        title={texts.steps.step(index + 1, label, value)}
        onClick={() => play.actions.goto(index)}
      >
        {/* A new step changes nothing yet: until its own is drawn, the picture before it is right. */}
        <Pixels image={pictures[index + 1] ?? pictures.at(-1)} />
        <span class="caption">
          <span class="index">{index + 1}</span> <span class="name">{label}</span> <span class="value">{value}</span>
        </span>
      </button>
    </li>
  );
}

/** The trajectory from left to right: the original, the picture after each step, and the steps that are left. */
export function FilmStrip({ play }: { readonly play: Play }) {
  const steps = shownSteps(play.state);
  const row = useRewound<HTMLOListElement>(play.state.photo.value?.id);
  const left = offered(play.state).maximumSteps - steps.length;
  const free = Array.from({ length: left }, (_, index) => steps.length + index + 1);
  return (
    <section class="strip" aria-label={texts.steps.label}>
      <ol class="row" ref={row}>
        <li>
          <button type="button" class="cell" title={editorTexts.strip.originalHint} {...holdToCompare(play)}>
            <Pixels image={play.display.thumbnails.value[0]} />
            <span class="caption">
              <span class="name">{texts.original}</span>
            </span>
          </button>
        </li>
        {steps.map((step, index) => (
          <StepCell key={step.filter} play={play} step={step} index={index} />
        ))}
        {free.map((index, position) => (
          <li key={index} class="free" aria-label={editorTexts.strip.empty(index)}>
            <span class="index">{index}</span>
            {position === 0 && <span>{editorTexts.strip.left(left)}</span>}
          </li>
        ))}
      </ol>
      <FinishButton play={play} />
    </section>
  );
}
