import { texts } from "../../shared/texts";
import { Levels } from "./Levels";
import type { Play } from "./play";

/** From this share on, the mark of clipping is lit. */
const NOTICEABLE = 0.001;

/** What levels the shown picture has, and how much of it is clipped. */
export function HistogramView({ play }: { readonly play: Play }) {
  const histogram = play.display.histogram.value;
  if (histogram === null) return <div class="histogram" />;
  const { black, white } = histogram;
  const { percent } = texts.histogram;
  return (
    <div class="histogram" role="img" aria-label={texts.histogram.label(percent(black), percent(white))}>
      <Levels histogram={histogram} />
      <span class={black > NOTICEABLE ? "clip black lit" : "clip black"} title={texts.histogram.black(black)} />
      <span class={white > NOTICEABLE ? "clip white lit" : "clip white"} title={texts.histogram.white(white)} />
    </div>
  );
}
