import { useCallback, useMemo } from "preact/hooks";
import { texts } from "../../shared/texts";
import { HistoryButtons, StepButtons } from "./Buttons";
import { Controls } from "./Controls";
import { Dialogs } from "./Dialogs";
import { FilmStrip } from "./FilmStrip";
import { Header, HandedInBar } from "./Header";
import { NoticeCard, NoticePage } from "../../shared/NoticeCard";
import { Palette } from "./Palette";
import type { Play } from "./play";
import { Stage } from "./Stage";
import { GOAL } from "../../tutorial/goal";
import { Lesson } from "../../tutorial/Lesson";
import { HistogramView } from "./Histogram";
import { editorTexts } from "./texts";

/** Tells, once, whose browser keeps nothing, and what follows from that. */
export function MemoryNote({ play }: { readonly play: Play }) {
  const { onlyInMemory } = play.state;
  if (!onlyInMemory.value) return null;
  return (
    <div class="memory-note" role="alert">
      <p>{editorTexts.onlyInMemory.sentence}</p>
      <button type="button" onClick={() => (onlyInMemory.value = false)}>
        {editorTexts.onlyInMemory.understood}
      </button>
    </div>
  );
}

function Waiting({ play }: { readonly play: Play }) {
  const sending = play.state.page.value === "sending";
  const { state } = play.saving.value;
  const later = sending ? editorTexts.sendingLater : editorTexts.loadingLater;
  return (
    <div class="waiting" role="status">
      {state === "offline" || state === "unanswered" ? (
        <NoticeCard notice={{ title: later.title, sentence: later[state] }} />
      ) : (
        <p>{sending ? editorTexts.sending : texts.loading}</p>
      )}
    </div>
  );
}

/** The longer side of the picture that shows the goal of the tutorial, in pixels. */
const GOAL_EDGE = 480;

/** The tutorial, where the photo is the practice photo. */
function Practice({ play }: { readonly play: Play }) {
  const { state, actions, display } = play;
  const tutorial = state.tutorial.value;
  const practising = tutorial !== null;
  const goal = useMemo(() => (practising ? display.picture(GOAL, GOAL_EDGE) : null), [practising, state.preview.value]);
  const next = useCallback(() => {
    if (state.dialog.value === null) actions.nextCard();
  }, [state, actions]);
  if (tutorial === null) return null;
  return (
    <Lesson
      tutorial={tutorial}
      game={state.game.value}
      replacing={state.replacing.value}
      goal={goal}
      next={next}
      skip={() => void actions.skipPractice()}
    />
  );
}

/** A photo that is so much narrower than it is high leaves room beside it, on screens that are upright too. */
const NARROW = 0.9;

/** The play page. */
export function Page({ play }: { readonly play: Play }) {
  const page = play.state.page.value;
  const preview = play.state.preview.value;
  const aspect = preview === null ? 1.5 : preview.width / preview.height;
  // Above the photo of the tutorial stands its card: what can, makes way for the controls.
  const beside = aspect < NARROW || play.state.tutorial.value !== null;
  if (typeof page === "object") {
    return (
      <>
        <Header play={play} />
        <HandedInBar play={play} />
        <NoticePage notice={page} />
        <Dialogs play={play} />
      </>
    );
  }
  return (
    <>
      <Header play={play} />
      <HandedInBar play={play} />
      <main class={beside ? `${page} tools-beside` : page} style={{ "--aspect": aspect }}>
        <Practice play={play} />
        <Stage play={play} />
        <FilmStrip play={play} />
        <aside>
          <HistogramView play={play} />
          <Palette play={play} />
          <div class="step">
            <Controls play={play} />
            <StepButtons play={play} />
          </div>
          <HistoryButtons play={play} />
        </aside>
        {page !== "playing" && <Waiting play={play} />}
      </main>
      <MemoryNote play={play} />
      <Dialogs play={play} />
    </>
  );
}
