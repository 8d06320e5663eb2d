import { useEffect, useRef } from "preact/hooks";
import { texts } from "../shared/texts";
import type { Showing } from "../viewing/api";
import { Frame } from "../viewing/Frame";
import type { RevealSession, RevealState } from "./session";
import { revealTexts } from "./texts";
import { letterOf, Treatments } from "./Treatments";

interface Props {
  readonly state: RevealState;
  readonly session: RevealSession;
  /** Photos are left to be played. */
  readonly between: boolean;
}

function verdict(showing: Showing): string {
  const favourite = showing.answer === null ? undefined : showing.pictures[showing.answer];
  return favourite?.made_by == null ? revealTexts.question : revealTexts.verdicts[favourite.made_by];
}

/** What is asked, or what the answer was. */
function Question({ showing }: { readonly showing: Showing }) {
  const told = showing.answer !== null;
  return (
    <div class="question" role="status">
      <h2>{verdict(showing)}</h2>
      <p>{told ? revealTexts.told : revealTexts.hint(showing.pictures.length)}</p>
    </div>
  );
}

/** The way on: the answer, then the next photo. */
function Bar({ state, session, between }: Props) {
  const told = state.showing.value?.answer != null;
  const { chosen, sending, number, total } = state;
  const next = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // The choices are gone now, and with them the focus.
    if (told) next.current?.focus({ preventScroll: true });
  }, [told]);
  const last = number.value === total.value;
  const { onward } = revealTexts;
  return (
    <div class="reveal-bar">
      {!told && (
        <button type="button" onClick={() => void session.next()}>
          {revealTexts.skip}
        </button>
      )}
      {told ? (
        <button ref={next} type="button" class="primary" onClick={() => void session.next()}>
          {between ? onward.play : last ? onward.profile : onward.next}
        </button>
      ) : (
        <button type="submit" class="primary" aria-disabled={chosen.value === null || sending.value}>
          {chosen.value === null ? revealTexts.chooseFirst : revealTexts.choose(letterOf(chosen.value))}
        </button>
      )}
    </div>
  );
}

/** One photo as several people left it, and which the visitor likes best. */
export function Page(props: Props) {
  const { state, session } = props;
  const showing = state.showing.value;
  const { number, total } = state;
  const count = total.value > 1 && number.value > 0 && (
    <span class="count">{revealTexts.progress(number.value, total.value)}</span>
  );
  return (
    <Frame title={revealTexts.title} page={state.page.value} aside={count}>
      {showing !== null && (
        <form
          class="reveal"
          onSubmit={(event) => {
            event.preventDefault();
            void session.answer();
          }}
        >
          <Question showing={showing} />
          <Treatments state={state} session={session} />
          <p class="credit-line">{texts.rights(showing.photo.attribution, showing.photo.licence)}</p>
          <Bar {...props} />
        </form>
      )}
    </Frame>
  );
}
