import { filterOf, type Step } from "../game/contract";
import { describeStep } from "../game/describe";
import { Pixels } from "../shared/Pixels";
import { texts } from "../shared/texts";
import { pages, type Treatment } from "../viewing/api";
import type { RevealSession, RevealState } from "./session";
import { revealTexts } from "./texts";

/** Pictures go by letters, which say nothing of who made them. */
export function letterOf(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

function StepPicture({
  step,
  index,
  image,
}: {
  readonly step: Step;
  readonly index: number;
  readonly image?: ImageData | undefined;
}) {
  const { label } = filterOf(step);
  const value = describeStep(step);
  return (
    <li title={texts.steps.step(index + 1, label, value)}>
      <Pixels image={image} />
      <span class="caption">
        <span class="name">{label}</span>
        <span class="value">{value}</span>
      </span>
    </li>
  );
}

interface Props {
  readonly state: RevealState;
  readonly session: RevealSession;
  readonly treatment: Treatment;
  readonly index: number;
}

/** How it was made, once that is told. */
function Steps({ state, treatment, index }: Pick<Props, "state" | "treatment" | "index">) {
  const { steps } = treatment;
  if (steps === null) return null;
  if (steps.length === 0) return <p class="hint">{revealTexts.untouched}</p>;
  const strip = state.strips.value[index];
  return (
    <ol class="small-strip" aria-label={revealTexts.steps(letterOf(index))}>
      {steps.map((step, index) => (
        <StepPicture key={step.filter} step={step} index={index} image={strip?.[index]} />
      ))}
    </ol>
  );
}

/** Who made it, once that is told. */
function Maker({ state, treatment, index }: Pick<Props, "state" | "treatment" | "index">) {
  const { made_by, episode } = treatment;
  if (made_by === null) return null;
  return (
    <p class="maker" data-maker={made_by}>
      <strong>{revealTexts.makers[made_by]}</strong>
      {state.showing.value?.answer === index && <span class="favourite">{revealTexts.favourite}</span>}
      {episode !== null && <a href={pages.replay(episode)}>{revealTexts.watch}</a>}
    </p>
  );
}

function TreatmentView({ state, session, treatment, index }: Props) {
  const letter = letterOf(index);
  const told = treatment.made_by !== null;
  const chosen = state.chosen.value === index;
  return (
    <li class={chosen ? "treatment chosen" : "treatment"}>
      <label>
        <Pixels image={state.pictures.value[index]} label={revealTexts.picture(letter)} />
        <span class="choice">
          {!told && (
            <input
              type="radio"
              name="favourite"
              value={index}
              checked={chosen}
              onChange={() => session.choose(index)}
              aria-label={revealTexts.picture(letter)}
            />
          )}
          <span class="letter" aria-hidden="true">
            {letter}
          </span>
        </span>
      </label>
      <Maker state={state} treatment={treatment} index={index} />
      <Steps state={state} treatment={treatment} index={index} />
    </li>
  );
}

/** The pictures side by side; who made each, and its strip of steps, once that is told. */
export function Treatments({ state, session }: Pick<Props, "state" | "session">) {
  const showing = state.showing.value;
  if (showing === null) return null;
  const { pictures, photo } = showing;
  return (
    <ul class="treatments" data-count={pictures.length} data-shape={photo.width >= photo.height ? "wide" : "tall"}>
      {pictures.map((treatment, index) => (
        <TreatmentView
          key={`${photo.id} ${index}`}
          state={state}
          session={session}
          treatment={treatment}
          index={index}
        />
      ))}
    </ul>
  );
}
