/** What the page of a replay says. */
import { formatShare, texts } from "../shared/texts";
import { gettext, ngettext, pgettext } from "../shared/translation";

export const replayTexts = {
  title: gettext("Step by step"),
  picture: gettext("The picture"),
  canvas: (step: number) => (step === 0 ? texts.canvasOriginal : gettext("The photo after step %(step)s", { step })),
  by: (player: string) => gettext("by %(player)s", { player }),
  byYou: (player: string) => gettext("by you, %(player)s", { player }),
  notHandedIn: gettext("(not handed in)"),
  probability: (share: number) => gettext("Chosen with a probability of %(share)s.", { share: formatShare(share) }),
  stepOf: (number: number, count: number) => gettext("Step %(number)s of %(count)s", { number, count }),
  original: (count: number) =>
    ngettext("As it came, before %(count)s step.", "As it came, before %(count)s steps.", count),
  untouched: gettext("It was left as it came."),
  curves: gettext("The curve, from dark to bright"),
  back: gettext("Back a step"),
  backHint: gettext("Back a step (←)"),
  on: gettext("On a step"),
  onHint: gettext("On a step (→)"),
  play: pgettext("a film", "Play"),
  playHint: gettext("Play (Space)"),
  pause: gettext("Pause"),
  pauseHint: gettext("Pause (Space)"),
  keys: gettext("Space plays, the arrows go step by step, B shows the original."),
};
