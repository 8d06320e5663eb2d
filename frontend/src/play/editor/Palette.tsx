import { useSignal } from "@preact/signals";
import { filterOf, type Filter } from "../../game/contract";
import { FilterIcon } from "../../shared/icons";
import { type Play, useRevealed, useRewound } from "./play";
import { editorTexts } from "./texts";
import type { Position } from "../../game/rules";
import { offered } from "../state";

/** Whether a filter can be chosen now, and what a click on it does. */
function offer(
  play: Play,
  filter: Filter,
): { readonly index: number; readonly blocked: boolean; readonly title: string } {
  const { steps } = play.state.game.value.position;
  const { palette } = editorTexts;
  const index = steps.findIndex((step) => step.filter === filter.slug);
  const used = index !== -1;
  if (play.state.replacing.value) {
    const title = used ? palette.usedCannotReplace(filter.label, index + 1) : filter.purpose;
    return { index, blocked: used, title };
  }
  if (used) return { index, blocked: false, title: palette.used(filter.label, index + 1) };
  const { maximumSteps } = offered(play.state);
  if (steps.length === maximumSteps) {
    return { index, blocked: true, title: palette.noRoom(filter.label, maximumSteps) };
  }
  return { index, blocked: false, title: palette.choose(filter.label, filter.purpose, filter.shortcut) };
}

function rule(play: Play): string {
  const { palette } = editorTexts;
  const { current } = play.actions;
  if (play.state.replacing.value && current !== undefined) return palette.replacing(filterOf(current).label);
  const used = play.state.game.value.position.steps.length;
  const most = offered(play.state).maximumSteps;
  return used === most ? palette.full(most) : palette.rule(used, most);
}

interface ButtonProps {
  readonly play: Play;
  readonly filter: Filter;
  /** Says why the filter is not added. */
  readonly tell: (reason: string) => void;
}

function FilterButton({ play, filter, tell }: ButtonProps) {
  const { index, blocked, title } = offer(play, filter);
  const used = index !== -1;
  const active = used && play.state.game.value.position.cursor === index;
  const kinds = ["filter", used ? "used" : "", active ? "active" : ""].filter(Boolean).join(" ");
  const button = useRevealed(active);
  return (
    <button
      ref={button}
      type="button"
      class={kinds}
      aria-disabled={blocked}
      aria-pressed={active}
      title={title}
      data-filter={filter.slug}
      onClick={() => {
        play.actions.choose(filter.slug);
        if (used) tell(editorTexts.palette.isStep(index + 1));
      }}
    >
      <kbd aria-hidden="true">{filter.shortcut}</kbd>
      {used && (
        <span class="badge" aria-hidden="true">
          {index + 1}
        </span>
      )}
      <FilterIcon slug={filter.slug} />
      <span class="name" aria-hidden="true">
        {filter.label}
      </span>
      <span class="unseen">{used ? editorTexts.palette.usedAs(filter.label, index + 1) : filter.label}</span>
      <span class="purpose" aria-hidden="true">
        {title}
      </span>
    </button>
  );
}

/** The eight filters; those in use carry the number of their step. */
export function Palette({ play }: { readonly play: Play }) {
  const { position } = play.state.game.value;
  const told = useSignal<{ readonly reason: string; readonly at: Position } | null>(null);
  // Until something is done.
  const reason = told.value?.at === position ? told.value.reason : null;
  const tell = (said: string) => (told.value = { reason: said, at: play.state.game.value.position });
  const row = useRewound<HTMLDivElement>(play.state.photo.value?.id);
  return (
    <section class="palette" aria-label={editorTexts.palette.title}>
      <div class="section-head">
        <h2>{editorTexts.palette.title}</h2>
        <p aria-live="polite">{reason ?? rule(play)}</p>
      </div>
      <div class="filters row" ref={row}>
        {offered(play.state).filters.map((filter) => (
          <FilterButton key={filter.slug} play={play} filter={filter} tell={tell} />
        ))}
      </div>
    </section>
  );
}
