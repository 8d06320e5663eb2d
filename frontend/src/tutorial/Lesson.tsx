import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Pixels } from "../shared/Pixels";
import { findFilter } from "../game/contract";
import type { Game } from "../game/rules";
import { COURSE, type Card, type Tutorial } from "./course";
import { pointAt } from "./pointing";
import { tutorialTexts } from "./texts";
import { byTouch } from "../shared/touch";

interface Props {
  readonly tutorial: Tutorial;
  readonly game: Game;
  /** The next filter chosen replaces a step. */
  readonly replacing: boolean;
  /** The practice photo as it should look. */
  readonly goal: ImageData | null;
  /** Turns to the next card, where the task of this one is done. */
  readonly next: () => void;
  /** Leaves the tutorial. */
  readonly skip: () => void;
}

/** A key of its own turns the cards, for those who play by keys. */
function useKey(next: () => void) {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const typing = event.target instanceof Element && event.target.matches("input:not([type=range])");
      const withOthers = event.ctrlKey || event.metaKey || event.altKey;
      if (event.key.toLowerCase() !== "n" || event.repeat || typing || withOthers) return;
      next();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [next]);
}

/** Marks what the card speaks of, and moves the card beside it where there is room. */
function usePointer(selector: string | undefined, drawn: unknown) {
  const card = useRef<HTMLElement>(null);
  useLayoutEffect(() => (card.current === null ? undefined : pointAt(card.current, selector)), [selector, drawn]);
  return card;
}

function Dots({ current }: { readonly current: number }) {
  const said = tutorialTexts.card(current + 1, COURSE.length);
  return (
    <div class="dots" role="img" aria-label={said} title={said}>
      {COURSE.map(({ name }, index) => (
        <span key={name} class={index < current ? "past" : index === current ? "now" : ""} />
      ))}
    </div>
  );
}

function CardView({ card, tutorial, game, replacing, next, skip }: Omit<Props, "goal"> & { readonly card: Card }) {
  const { cardIndex, compared, skippable } = tutorial;
  const phase = card.phase(game, { compared, replacing });
  const element = usePointer(card.at[phase], game);
  const { cards, full, well } = tutorialTexts;
  const words = cards[card.name];
  const done = phase === "done";
  const byHand = phase === "set" && byTouch() ? words?.byTouch : undefined;
  const said = byHand ?? words?.[phase] ?? (phase === "full" ? full(findFilter(card.name)?.label ?? "") : words?.set);
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
        <Dots current={cardIndex} />
        {skippable && (
          <button type="button" class="text-button" onClick={skip}>
            {tutorialTexts.skip}
          </button>
        )}
        {card.last !== true && (
          <button
            type="button"
            class="primary"
            aria-disabled={!done}
            title={done ? tutorialTexts.nextHint : tutorialTexts.tryFirst}
            onClick={next}
          >
            {tutorialTexts.next} <kbd aria-hidden="true">N</kbd>
          </button>
        )}
      </div>
    </section>
  );
}

/** The tutorial beside the practice photo: the goal, and one card after another. */
export function Lesson({ goal, ...props }: Props) {
  const { tutorial, next } = props;
  useKey(next);
  const card = COURSE[tutorial.cardIndex];
  if (card === undefined) return null;
  return (
    <section class="lesson" aria-label={tutorialTexts.label}>
      <figure class="goal">
        <Pixels image={goal ?? undefined} label={tutorialTexts.goalSaid} />
        <figcaption>{tutorialTexts.goal}</figcaption>
      </figure>
      <CardView card={card} {...props} />
    </section>
  );
}
