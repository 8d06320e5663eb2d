import { texts } from "../../shared/texts";
import type { Play } from "./play";
import { useMemo } from "preact/hooks";
import { BINS, type Histogram } from "../../gl/histogram";

const HEIGHT = 80;

/** The outline of one channel. Square roots let a few bright pixels be seen beside many dark ones. */
function outline(shares: readonly number[], highest: number): string {
  const points = shares.map((share, bin) => {
    const height = HEIGHT * Math.min(1, Math.sqrt(share / highest));
    return `L${bin} ${(HEIGHT - height).toFixed(1)}`;
  });
  return `M0 ${HEIGHT}${points.join("")}L${BINS - 1} ${HEIGHT}Z`;
}

function outlines({ red, green, blue, luminance }: Histogram): (readonly [string, string])[] {
  const channels = { red, green, blue, luminance };
  // The ends hold what is clipped, which would flatten the rest.
  const highest = Math.max(...Object.values(channels).flatMap((shares) => shares.slice(1, -1)), 1e-6);
  return Object.entries(channels).map(([name, shares]) => [name, outline(shares, highest)]);
}

/** The levels of a picture, drawn from black on the left to white on the right, over all the room that there is. */
export function Levels({ histogram }: { readonly histogram: Histogram }) {
  const paths = useMemo(() => outlines(histogram), [histogram]);
  return (
    <svg class="levels" viewBox={`0 0 ${BINS - 1} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {paths.map(([name, path]) => (
        <path key={name} class={name} d={path} />
      ))}
    </svg>
  );
}

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
