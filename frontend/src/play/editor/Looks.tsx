import { LookIcon } from "../../shared/icons";
import { type Play, holdToCompare } from "./play";
import { editorTexts } from "./texts";

/** How near one looks: the whole photo, its pixels one to one, or something else, which is then said. */
function Nearness({ play }: { readonly play: Play }) {
  const { looking, state } = play;
  const { view } = editorTexts;
  const { scale } = state.view.value;
  return (
    <>
      <button
        type="button"
        class="fit"
        aria-pressed={scale === null}
        title={view.fitHint}
        onClick={() => looking.fit()}
      >
        <LookIcon look="fit" />
        <span class="words">{view.fit}</span> <kbd aria-hidden="true">0</kbd>
      </button>
      <button
        type="button"
        class="actual"
        aria-pressed={scale === 1}
        title={view.actualHint}
        onClick={() => looking.toggleActual()}
      >
        {scale === null || scale === 1 ? view.actual : view.magnified(scale)} <kbd aria-hidden="true">Z</kbd>
      </button>
    </>
  );
}

/** The ways to look at the photo: over its lower edge, and on small screens beside it or below. */
export function Looks({ play }: { readonly play: Play }) {
  const { actions, looking } = play;
  const { comparing, clipping, split } = play.state;
  const { view } = editorTexts;
  return (
    <div class="looks" role="toolbar" aria-label={view.tools}>
      <button
        type="button"
        class="before"
        aria-pressed={comparing.value}
        title={view.beforeHint}
        {...holdToCompare(play)}
      >
        {view.before} <kbd aria-hidden="true">B</kbd>
      </button>
      <button
        type="button"
        aria-pressed={split.value !== null}
        title={view.splitHint}
        onClick={() => actions.toggleSplit()}
      >
        <LookIcon look="split" />
        <span class="words">{view.split}</span> <kbd aria-hidden="true">S</kbd>
      </button>
      <Nearness play={play} />
      <button
        type="button"
        aria-pressed={clipping.value.black || clipping.value.white}
        title={view.clippingHint}
        onClick={() => looking.toggleClipping()}
      >
        <LookIcon look="clipping" />
        <span class="words">{view.clipping}</span> <kbd aria-hidden="true">J</kbd>
      </button>
      {document.fullscreenEnabled && (
        <button
          type="button"
          class="full-screen"
          aria-label={view.fullScreen}
          title={view.fullScreenHint}
          onClick={() => looking.toggleFullScreen()}
        >
          <LookIcon look="full_screen" />
        </button>
      )}
    </div>
  );
}
