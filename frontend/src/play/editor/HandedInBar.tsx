import { DownloadButton } from "../../downloads/DownloadButton";
import { texts } from "../../shared/texts";
import type { Play } from "./play";

/** The picture that was handed in last, at full size, while the next one is on the table. */
export function HandedInBar({ play }: { readonly play: Play }) {
  const { handedIn, study } = play.state;
  if (handedIn.value === null || study.value === null) return null;
  const { episode, photo, reason } = handedIn.value;
  return (
    <section class="handed-in" aria-label={texts.handedIn.label}>
      <p title={photo}>{texts.handedIn.said(photo)}</p>
      {reason === "" ? (
        <DownloadButton key={episode} study={study.value.slug} episode={episode} />
      ) : (
        <p class="why">{reason}</p>
      )}
      <a href="/finished/">{texts.handedIn.all}</a>
      <button
        type="button"
        class="round"
        aria-label={texts.handedIn.close}
        title={texts.handedIn.close}
        onClick={() => (handedIn.value = null)}
      >
        ×
      </button>
    </section>
  );
}
