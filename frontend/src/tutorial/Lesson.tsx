import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { Pixels } from "../shared/Pixels";
import type { Play } from "../play/editor/play";
import { findFilter } from "../game/contract";
import { COURSE, type Card } from "./course";
import { GOAL } from "./goal";
import { pointAt } from "./pointing";
import { tutorialTexts } from "./texts";

const GOAL_EDGE = 480;

/** A key of its own turns the cards, for those who play by keys. */
function useKey({ state, actions }: Play) {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const typing = event.target instanceof Element && event.target.matches("input:not([type=range])");
      if (event.key.toLowerCase() !== "n" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (state.dialog.value === null) actions.nextCard();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [state, actions]);
}

/** Marks what the card speaks of, and moves the card beside it where there is room. */
function usePointer(selector: string | undefined, drawn: unknown) {
  const card = useRef<HTMLElement>(null);
  useLayoutEffect(() => (card.current === null ? undefined : pointAt(card.current, selector)), [selector, drawn]);
  return card;
}

function Dots({ place }: { readonly place: number }) {
  const said = tutorialTexts.card(place + 1, COURSE.length);
  return (
    <div class="dots" role="img" aria-label={said} title={said}>
      {COURSE.map(({ name }, index) => (
        <span key={name} class={index < place ? "past" : index === place ? "now" : ""} />
      ))}
    </div>
  );
}

function CardView({ play, card, place }: { readonly play: Play; readonly card: Card; readonly place: number }) {
  const { tutorial, game, replacing } = play.state;
  const { compared = false, skippable = false } = tutorial.value ?? {};
  const phase = card.phase(game.value, { compared, replacing: replacing.value });
  const element = usePointer(card.at[phase], game.value);
  const { cards, full, well, next, nextHint, tryFirst, skip } = tutorialTexts;
  const words = cards[card.name];
  const done = phase === "done";
  const said = words?.[phase] ?? (phase === "full" ? full(findFilter(card.name)?.label ?? "") : words?.set);
  return (
    <section class="card" ref={element} data-card={card.name} data-phase={phase}>
      <div class="said" aria-live="polite">
        <h2>{words?.title}</h2>
        <p>
          {said}
          {done && words?.done === undefined && <strong> {well}</strong>}
        </p>
      </div>
      <div class="turn">
        <Dots place={place} />
        {skippable && (
          <button type="button" class="text-button" onClick={() => void play.actions.skipPractice()}>
            {skip}
          </button>
        )}
        {card.last !== true && (
          <button
            type="button"
            class="primary"
            aria-disabled={!done}
            title={done ? nextHint : tryFirst}
            onClick={() => play.actions.nextCard()}
          >
            {next} <kbd aria-hidden="true">N</kbd>
          </button>
        )}
      </div>
    </section>
  );
}

/** The tutorial beside the practice photo: the goal, and one card after another. */
export function Lesson({ play }: { readonly play: Play }) {
  const { tutorial, preview } = play.state;
  const shown = preview.value;
  const goal = useMemo(() => (shown === null ? null : play.display.picture(GOAL, GOAL_EDGE)), [shown]);
  useKey(play);
  const place = tutorial.value?.place;
  const card = place === undefined ? undefined : COURSE[place];
  if (place === undefined || card === undefined) return null;
  return (
    <section class="lesson" aria-label={tutorialTexts.label}>
      <figure class="goal">
        <Pixels image={goal ?? undefined} label={tutorialTexts.goalSaid} />
        <figcaption>{tutorialTexts.goal}</figcaption>
      </figure>
      <CardView play={play} card={card} place={place} />
    </section>
  );
}
