import type { ComponentChildren } from "preact";

const drawings: Readonly<Record<string, ComponentChildren>> = {
  exposure: (
    <>
      <circle cx="12" cy="12" r="4" />
      <path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.2 2.2M16.2 16.2l2.2 2.2M18.4 5.6l-2.2 2.2M7.8 16.2l-2.2 2.2" />
    </>
  ),
  gamma: <path d="M4 20C5 10 10 4.5 20 4M4 20h16" />,
  white_balance: (
    <>
      <path d="M10 14V5a2 2 0 0 1 4 0v9" />
      <circle cx="12" cy="17" r="3.5" />
      <circle cx="12" cy="17" r="1.5" class="solid" />
    </>
  ),
  saturation: (
    <>
      <path d="M12 3.5c3 3.8 6 7 6 10.5a6 6 0 0 1-12 0c0-3.5 3-6.7 6-10.5z" />
      <path d="M12 10v10a6 6 0 0 0 6-6c0-1.3-.4-2.6-1.100-4z" class="solid" />
    </>
  ),
  tone: <path d="M4 20c5 0 6-3 8-8s3-8 8-8" />,
  contrast: (
    <>
      <circle cx="12" cy="12" r="8" />
      <path d="M12 4a8 8 0 0 1 0 16z" class="solid" />
    </>
  ),
  black_white: (
    <>
      <rect x="4" y="4" width="16" height="16" />
      <path d="M20 4v16H4z" class="solid" />
    </>
  ),
  color: (
    <>
      <circle cx="12" cy="8.5" r="4.8" />
      <circle cx="8.5" cy="14.7" r="4.8" />
      <circle cx="15.5" cy="14.7" r="4.8" />
    </>
  ),
};

/** The sign of a filter within another drawing: 24 units wide and high. */
export function FilterSign({ slug }: { readonly slug: string }) {
  return <g class="sign">{drawings[slug]}</g>;
}

/** The sign of a filter. */
export function FilterIcon({ slug }: { readonly slug: string }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {drawings[slug]}
    </svg>
  );
}

const looks = {
  /** A frame, of which one half is filled. */
  split: (
    <>
      <rect x="3" y="5" width="18" height="14" />
      <path d="M12 5h9v14h-9z" class="solid" />
    </>
  ),
  /** A picture that fills its place. */
  fit: (
    <>
      <rect x="3" y="4" width="18" height="16" />
      <rect x="7" y="8" width="10" height="8" />
    </>
  ),
  /** A triangle, as over the ends of a histogram. */
  clipping: <path d="M12 5l9 14H3z" />,
  /** Four corners of a frame. */
  full_screen: <path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" />,
} as const;

/** The sign of a way to look at the photo. */
export function LookIcon({ look }: { readonly look: keyof typeof looks }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {looks[look]}
    </svg>
  );
}
