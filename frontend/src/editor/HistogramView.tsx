import { BINS } from "../gl/histogram";
import { texts } from "../texts";
import type { Play } from "./play";

const HEIGHT = 80;
/** From this share on, the mark of clipping is lit. */
const NOTICEABLE = 0.001;

/** The outline of one channel. Square roots let a few bright pixels be seen beside many dark ones. */
function outline(shares: readonly number[], highest: number): string {
  const points = shares.map((share, bin) => {
    const height = HEIGHT * Math.min(1, Math.sqrt(share / highest));
    return `L${bin} ${(HEIGHT - height).toFixed(1)}`;
  });
  return `M0 ${HEIGHT}${points.join("")}L${BINS - 1} ${HEIGHT}Z`;
}

/** What levels the shown picture has, and how much of it is clipped. */
export function HistogramView({ play }: { readonly play: Play }) {
  const histogram = play.display.histogram.value;
  if (histogram === null) return <div class="histogram" />;
  const { red, green, blue, luminance, black, white } = histogram;
  const channels = { red, green, blue, luminance };
  // The ends hold what is clipped, which would flatten the rest.
  const highest = Math.max(...Object.values(channels).flatMap((shares) => shares.slice(1, -1)), 1e-6);
  const { percent } = texts.histogram;
  return (
    <div class="histogram" role="img" aria-label={texts.histogram.label(percent(black), percent(white))}>
      <svg viewBox={`0 0 ${BINS - 1} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {Object.entries(channels).map(([name, shares]) => (
          <path key={name} class={name} d={outline(shares, highest)} />
        ))}
      </svg>
      <span class={black > NOTICEABLE ? "clip black lit" : "clip black"} title={texts.histogram.black(black)} />
      <span class={white > NOTICEABLE ? "clip white lit" : "clip white"} title={texts.histogram.white(white)} />
    </div>
  );
}
