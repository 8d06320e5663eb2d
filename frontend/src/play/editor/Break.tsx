import { texts } from "../../shared/texts";
import { Sheet } from "./Dialogs";
import type { Play } from "./play";

/** How far the player is, and that they can leave and come back. */
export function Break({ play }: { readonly play: Play }) {
  const { progress, dialog } = play.state;
  const { done, total } = progress.value ?? { done: 0, total: 0 };
  const { waiting } = play.saving.value;
  const { rest } = texts;
  return (
    <Sheet play={play} title={rest.title} kind="rest">
      {total > 0 && <progress value={done} max={total} aria-label={texts.progressLabel(done, total)} />}
      {total > 0 && <p>{rest.done(done, total)}</p>}
      <p role="status">{waiting > 0 ? rest.unsaved(waiting) : rest.saved}</p>
      <p class="hint">{rest.back}</p>
      <div class="dialog-buttons">
        <a class="button" href="/">
          {rest.leave}
        </a>
        <button type="button" class="primary" onClick={() => (dialog.value = null)}>
          {rest.stay}
        </button>
      </div>
    </Sheet>
  );
}
