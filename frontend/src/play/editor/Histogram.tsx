import { formatShare } from "../../shared/texts";
import type { Play } from "./play";
import { useMemo } from "preact/hooks";
import { BINS, type Histogram } from "../../gl/histogram";
import { editorTexts } from "./texts";

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

interface MarkProps {
  readonly play: Play;
  readonly end: "black" | "white";
  /** The share of the pixels that are clipped, and of those at this end of each channel. */
  readonly share: number;
  readonly channels: readonly [number, number, number];
}

/** The mark over an end of the histogram: lit in the colour of what is clipped; pressed, that is painted over. */
function ClippingMark({ play, end, share, channels }: MarkProps) {
  const lit = channels.map((channel) => channel > NOTICEABLE);
  const title = editorTexts.histogram[end](share, channels);
  const colour = lit.map((on) => (on ? 255 : 70)).join(" ");
  return (
    <button
      type="button"
      class={lit.includes(true) ? `clip ${end} lit` : `clip ${end}`}
      aria-pressed={play.state.clipping.value[end]}
      aria-label={title}
      title={title}
      style={lit.includes(true) ? { "--lit": `rgb(${colour})` } : {}}
      onClick={() => play.looking.toggleClipping(end)}
    />
  );
}

/** The colour under the pointer, as a screen shows it. */
function Readout({ play }: { readonly play: Play }) {
  const colour = play.display.colour.value;
  if (colour === null) return null;
  return (
    <output class="readout" aria-live="off" title={editorTexts.histogram.readout}>
      {colour.map((level, channel) => (
        <span key={channel} class={["red", "green", "blue"][channel]}>
          {level}
        </span>
      ))}
    </output>
  );
}

/** What levels the shown picture has, how much of it is clipped, and the colour that is pointed at. */
export function HistogramView({ play }: { readonly play: Play }) {
  const histogram = play.display.histogram.value;
  if (histogram === null) return <div class="histogram" />;
  const { black, white, empty, full } = histogram;
  return (
    <section class="histogram" aria-label={editorTexts.histogram.title}>
      <div class="drawn" role="img" aria-label={editorTexts.histogram.label(formatShare(black), formatShare(white))}>
        <Levels histogram={histogram} />
      </div>
      <ClippingMark play={play} end="black" share={black} channels={empty} />
      <Readout play={play} />
      <ClippingMark play={play} end="white" share={white} channels={full} />
    </section>
  );
}
