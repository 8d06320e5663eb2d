import { texts } from "../../shared/texts";
import { HistoryButtons, StepButtons } from "./Buttons";
import { Controls } from "./Controls";
import { Dialogs } from "./Dialogs";
import { FilmStrip } from "./FilmStrip";
import { HandedInBar } from "./HandedInBar";
import { Header } from "./Header";
import { HistogramView } from "./HistogramView";
import { MemoryNote } from "./MemoryNote";
import { NoticeCard, NoticePage } from "../../shared/NoticeCard";
import { Palette } from "./Palette";
import type { Play } from "./play";
import { Stage } from "./Stage";
import { Lesson } from "../../tutorial/Lesson";

function Waiting({ play }: { readonly play: Play }) {
  const sending = play.state.page.value === "sending";
  const { state } = play.saving.value;
  const later = sending ? texts.sendingLater : texts.loadingLater;
  return (
    <div class="waiting" role="status">
      {state === "offline" || state === "unanswered" ? (
        <NoticeCard notice={{ title: later.title, sentence: later[state] }} />
      ) : (
        <p>{sending ? texts.sending : texts.loading}</p>
      )}
    </div>
  );
}

/** The play page. */
export function Page({ play }: { readonly play: Play }) {
  const page = play.state.page.value;
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
      <main class={page}>
        <Lesson play={play} />
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
