import { type Play, holdToCompare } from "./play";
import { editorTexts } from "./texts";

/** The one primary button. It says why, where it cannot be used yet. */
export function FinishButton({ play }: { readonly play: Play }) {
  const reason = play.actions.cannotFinish;
  return (
    <div class="finish">
      <button type="button" class="primary" aria-disabled={reason !== null} onClick={() => play.actions.finish()}>
        {editorTexts.buttons.finish}
      </button>
      {reason !== null && <span class="reason">{editorTexts.finishReason[reason]}</span>}
    </div>
  );
}

/** Back and forth in what was done; on phones, what else is needed all the time stands beside. */
export function HistoryButtons({ play }: { readonly play: Play }) {
  const { actions, state } = play;
  const { past, future } = state.game.value;
  const { undo, undoKeys, redo, redoKeys } = editorTexts.buttons;
  return (
    <div class="history">
      <button
        type="button"
        disabled={past.length === 0}
        title={undoKeys}
        aria-label={undo}
        onClick={() => actions.undo()}
      >
        ↶ <span>{undo}</span>
      </button>
      <button
        type="button"
        disabled={future.length === 0}
        title={redoKeys}
        aria-label={redo}
        onClick={() => actions.redo()}
      >
        ↷ <span>{redo}</span>
      </button>
      <button type="button" class="on-phones" aria-pressed={state.comparing.value} {...holdToCompare(play)}>
        {editorTexts.view.before}
      </button>
      <FinishButton play={play} />
    </div>
  );
}

/** What can be done to the step at the cursor, and to all. */
export function StepButtons({ play }: { readonly play: Play }) {
  const { actions, state } = play;
  const noStep = actions.current === undefined;
  const noSteps = state.game.value.position.steps.length === 0;
  return (
    <div class="step-buttons">
      <button type="button" disabled={noStep} title={editorTexts.buttons.removeKey} onClick={() => actions.remove()}>
        {editorTexts.buttons.remove}
      </button>
      <button
        type="button"
        disabled={noStep}
        title="R"
        aria-pressed={state.replacing.value}
        onClick={() => actions.toggleReplacing()}
      >
        {state.replacing.value ? editorTexts.buttons.cancelReplace : editorTexts.buttons.replace}
      </button>
      <button type="button" disabled={noSteps} onClick={() => actions.reset()}>
        {editorTexts.buttons.reset}
      </button>
    </div>
  );
}
