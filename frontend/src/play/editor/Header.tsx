import { texts } from "../../shared/texts";
import type { Play } from "./play";
import { DownloadButton } from "../../downloads/DownloadButton";
import { editorTexts } from "./texts";

/** The picture that was handed in last, at full size, while the next one is on the table. */
export function HandedInBar({ play }: { readonly play: Play }) {
  const { handedIn, study } = play.state;
  if (handedIn.value === null || study.value === null) return null;
  const { episode, reason } = handedIn.value;
  return (
    <section class="handed-in" aria-label={editorTexts.handedIn.label}>
      <p>{editorTexts.handedIn.said}</p>
      {reason === "" ? (
        <DownloadButton key={episode} study={study.value.slug} episode={episode} />
      ) : (
        <p class="why">{reason}</p>
      )}
      <a href="/finished/">{editorTexts.handedIn.all}</a>
      <button
        type="button"
        class="round"
        aria-label={editorTexts.handedIn.close}
        title={editorTexts.handedIn.close}
        onClick={() => (handedIn.value = null)}
      >
        ×
      </button>
    </section>
  );
}

function Saving({ play }: { readonly play: Play }) {
  const { state, waiting } = play.saving.value;
  const said = editorTexts.saving[state];
  const text = typeof said === "string" ? said : said(waiting);
  return (
    <span class="status" data-state={state} role="status">
      <span class="mark" aria-hidden="true" />
      <span class="words">{text}</span>
    </span>
  );
}

/** The name, the study, how far the player has come, and whether all is saved. */
export function Header({ play }: { readonly play: Play }) {
  const { study, progress, dialog } = play.state;
  const { done, total } = progress.value ?? { done: 0, total: 0 };
  return (
    <header>
      <a class="brand" href="/">
        <span class="dot" aria-hidden="true" />
        {texts.brand}
      </a>
      <h1 class={study.value === null ? "unseen" : undefined}>{study.value?.title ?? texts.brand}</h1>
      {total > 0 && (
        <>
          <progress value={done} max={total} aria-label={editorTexts.progressLabel(done, total)} />
          <span class="count">{editorTexts.progress(done, total)}</span>
        </>
      )}
      <span class="space" />
      <Saving play={play} />
      <button
        type="button"
        class="round pause"
        aria-label={editorTexts.rest.open}
        title={editorTexts.rest.open}
        onClick={() => (dialog.value = "break")}
      >
        <svg viewBox="0 0 20 20" aria-hidden="true">
          <path d="M7 5v10M13 5v10" />
        </svg>
      </button>
      <button
        type="button"
        class="round"
        aria-label={editorTexts.buttons.help}
        title={editorTexts.buttons.helpHint}
        onClick={() => (dialog.value = "help")}
      >
        ?
      </button>
    </header>
  );
}
