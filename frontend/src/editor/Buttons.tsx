import { texts } from "../texts";
import { holdToCompare } from "./hold";
import type { Play } from "./play";

/** The one primary button. It says why, where it cannot be used yet. */
export function FinishButton({ play }: { readonly play: Play }) {
  const reason = play.actions.cannotFinish;
  return (
    <div class="finish">
      <button type="button" class="primary" aria-disabled={reason !== null} onClick={() => play.actions.finish()}>
        {texts.buttons.finish}
      </button>
      {reason !== null && <span class="reason">{texts.finishReason[reason]}</span>}
    </div>
  );
}

/** What can be done to the steps. */
export function StepButtons({ play }: { readonly play: Play }) {
  const { actions, state } = play;
  const { past, future, position } = state.game.value;
  const noStep = actions.current === undefined;
  return (
    <div class="step-buttons">
      <button type="button" disabled={past.length === 0} title="Ctrl Z" onClick={() => actions.undo()}>
        ↶ <span>{texts.buttons.undo}</span>
      </button>
      <button type="button" disabled={future.length === 0} title="Ctrl Shift Z" onClick={() => actions.redo()}>
        ↷ <span>{texts.buttons.redo}</span>
      </button>
      <button type="button" class="on-phones" aria-pressed={state.comparing.value} {...holdToCompare(play)}>
        {texts.view.before}
      </button>
      <button type="button" class="edit" disabled={noStep} title="Delete" onClick={() => actions.remove()}>
        {texts.buttons.remove}
      </button>
      <button
        type="button"
        class="edit"
        disabled={noStep}
        aria-pressed={state.replacing.value}
        onClick={() => actions.toggleReplacing()}
      >
        {state.replacing.value ? texts.buttons.cancelReplace : texts.buttons.replace}
      </button>
      <button type="button" class="edit" disabled={position.steps.length === 0} onClick={() => actions.reset()}>
        {texts.buttons.reset}
      </button>
    </div>
  );
}
