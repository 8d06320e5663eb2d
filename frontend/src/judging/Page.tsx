import { useEffect, useRef } from "preact/hooks";
import { AnsweringFrame } from "../answering/AnsweringFrame";
import { answeringTexts } from "../answering/texts";
import type { Visit } from "../answering/visit";
import { Pixels } from "../shared/Pixels";
import { texts } from "../shared/texts";
import { byTouch } from "../shared/touch";
import type { Judging, JudgingKind, Trial } from "./api";
import type { JudgingSession, JudgingState } from "./session";
import { judgingTexts } from "./texts";

interface Props {
  readonly state: JudgingState;
  readonly session: JudgingSession;
}

interface ChoiceProps extends Props {
  readonly value: number;
  readonly label: string;
}

/** An answer that can be chosen. */
function Choice({ state, session, value, label }: ChoiceProps) {
  return (
    <input
      type="radio"
      name="answer"
      value={value}
      checked={state.chosen.value === value}
      onChange={() => session.choose(value)}
      aria-label={label}
    />
  );
}

/** One picture, and below it the answers to choose from. */
function Single({ state, session, kind }: Props & { readonly kind: JudgingKind }) {
  const labels = kind === "rating" ? judgingTexts.marks : judgingTexts.makers;
  const first = kind === "rating" ? 1 : 0;
  return (
    <>
      <div class="shown">
        <Pixels image={state.pictures.value[0]} label={judgingTexts.picture} />
      </div>
      <div class="scale" data-count={labels.length}>
        {labels.map((label, index) => {
          const value = first + index;
          return (
            <label key={value} class={state.chosen.value === value ? "chosen" : ""}>
              <Choice state={state} session={session} value={value} label={label} />
              {kind === "rating" && (
                <span class="mark" aria-hidden="true">
                  {value}
                </span>
              )}
              <span class="word" aria-hidden="true">
                {label}
              </span>
            </label>
          );
        })}
      </div>
    </>
  );
}

/** Two pictures side by side, one of which is chosen. */
function Pair({ state, session }: Props) {
  return (
    <div class="pair">
      {judgingTexts.sides.map((side, index) => (
        <label key={side} class={state.chosen.value === index ? "chosen" : ""}>
          <Pixels image={state.pictures.value[index]} label={side} />
          <span class="choice">
            <Choice state={state} session={session} value={index} label={side} />
            <span aria-hidden="true">{side}</span>
          </span>
        </label>
      ))}
    </div>
  );
}

interface QuestionProps extends Props {
  readonly judging: Judging;
  readonly kind: JudgingKind;
  readonly trial: Trial;
}

/** A trial: the question, the pictures, and the way on. */
function Question({ state, session, judging, kind, trial }: QuestionProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), [trial.id]);
  const isChosen = state.chosen.value !== null;
  const isPair = kind === "pair" || kind === "turing_pair";
  return (
    <form
      class="judging"
      data-shape={trial.width >= trial.height ? "wide" : "tall"}
      onSubmit={(event) => {
        event.preventDefault();
        void session.confirm();
      }}
    >
      <fieldset>
        <legend>
          <h2 ref={heading} tabIndex={-1}>
            {judging.question || judgingTexts.questions[kind]}
          </h2>
        </legend>
        {trial.instruction !== "" && <p class="instruction">{trial.instruction}</p>}
        {isPair ? <Pair state={state} session={session} /> : <Single state={state} session={session} kind={kind} />}
      </fieldset>
      <p class="credit-line">{texts.rights(trial.attribution, trial.licence)}</p>
      <div class="bar">
        <button type="submit" class="primary" aria-disabled={!isChosen}>
          {isChosen ? judgingTexts.next : judgingTexts.choose}
        </button>
      </div>
    </form>
  );
}

/** What the task is, before its first trial. */
function Introduction({ session, judging, kind }: Pick<QuestionProps, "session" | "judging" | "kind">) {
  const count = judging.trials.length;
  const isPair = kind === "pair" || kind === "turing_pair";
  return (
    <div class="notice introduction">
      <h2>{judging.question || judgingTexts.titles[kind]}</h2>
      <p>
        {kind === "pair" && judging.question !== "" ? judgingTexts.pairOfOwnQuestion : judgingTexts.explanations[kind]}
      </p>
      <p>{isPair ? judgingTexts.countOfPairs(count) : judgingTexts.count(count)}</p>
      <p>{judgingTexts.first}</p>
      {!byTouch() && <p class="hint">{judgingTexts.keys}</p>}
      <button type="button" class="primary" onClick={() => void session.begin()}>
        {judgingTexts.begin}
      </button>
    </div>
  );
}

/** A task of judging, from what it is to its last trial. */
export function Page({ state, session, visit }: Props & { readonly visit: Visit }) {
  const judging = state.judging.value;
  const kind = judging?.kind ?? null;
  const { done, total } = state;
  const number = Math.min(done.value + 1, total.value);
  const isAsked = state.introduced.value && state.trial.value !== null;
  const progress = isAsked ? answeringTexts.progress(number, total.value) : "";
  return (
    <AnsweringFrame
      title={kind === null ? "" : judgingTexts.titles[kind]}
      page={state.page.value}
      saving={visit.queue.status}
      progress={progress}
    >
      {judging !== null && kind !== null && !state.introduced.value && (
        <Introduction session={session} judging={judging} kind={kind} />
      )}
      {judging !== null && kind !== null && state.introduced.value && state.trial.value !== null && (
        <Question state={state} session={session} judging={judging} kind={kind} trial={state.trial.value} />
      )}
    </AnsweringFrame>
  );
}
