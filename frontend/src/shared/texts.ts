/**
 * What several pages say; what one room alone says stands in a file of this name there. Each is a message for
 * translators: docs/translations.md.
 */
import { formatNumber } from "./language";
import { gettext } from "./translation";
import type { Notice } from "./NoticeCard";

/** A share as a percentage. */
export function formatPercent(share: number, decimals = 0): string {
  return gettext("%(number)s %", { number: formatNumber(100 * share, decimals) });
}

/** A share as a percentage, finer where it is small. */
export function formatShare(share: number): string {
  if (share === 0) return formatPercent(0);
  if (share < 0.001) return gettext("less than %(share)s", { share: formatPercent(0.001, 1) });
  return formatPercent(share, share < 0.1 ? 1 : 0);
}

export const texts = {
  brand: "Safelight",
  original: gettext("Original"),
  canvasOriginal: gettext("The photo as it came"),
  loading: gettext("Loading the photo…"),
  rights: (attribution: string, licence: string) => [attribution, licence].filter(Boolean).join(" · "),

  steps: {
    label: gettext("Your steps"),
    step: (index: number, label: string, value: string) =>
      gettext("Step %(index)s: %(label)s, %(value)s", { index, label, value }),
    unchanged: gettext("unchanged"),
    curve: gettext("curve"),
  },

  notices: {
    consentNeeded: (run: () => void): Notice => ({
      title: gettext("Please read the study's text again"),
      sentence: gettext(
        "It has changed since you agreed to it. What you did meanwhile is kept in this browser until you agree.",
      ),
      action: { label: gettext("Read it"), run },
    }),
    noWebGL: (run: () => void): Notice => ({
      title: gettext("This browser cannot draw the game"),
      sentence: gettext(
        "The game needs WebGL 2. Please update the browser, switch on hardware acceleration, or open this page in another one. Nothing that you did is lost.",
      ),
      action: { label: gettext("Try again"), run },
    }),
    unreachable: (online: boolean, run: () => void): Notice => ({
      title: online ? gettext("No answer from the server") : gettext("You are offline"),
      sentence: online
        ? gettext("It may be busy, or the connection weak. Nothing that you did is lost.")
        : gettext("The game goes on by itself as soon as the connection is back. Nothing that you did is lost."),
      action: { label: gettext("Try again"), run },
    }),
    broken: (reason: string, run: () => void): Notice => ({
      title: gettext("Something went wrong"),
      sentence: gettext("The page cannot go on: %(reason)s. What you did is kept.", { reason }),
      action: { label: gettext("Load again"), run },
    }),
  },
};
