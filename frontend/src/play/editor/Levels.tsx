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
