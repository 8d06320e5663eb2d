/** What the page of one's own style says. */
import { formatNumber } from "../shared/language";
import { formatPercent } from "../shared/texts";
import { gettext, ngettext } from "../shared/translation";
import type { Group } from "../viewing/api";
import type { Difference } from "./layout";

/**
 * A whole sentence for each difference, since languages put them together each in its own way. The count of photos is
 * never one.
 */
type Differences = Readonly<
  Record<Difference["brightness"], Readonly<Record<Difference["warmth"], (count: number) => string>>>
>;

const OTHERS: Differences = {
  darker: {
    cooler: (count) => gettext("Darker and cooler than others on the same %(count)s photos.", { count }),
    same: (count) => gettext("Darker than others on the same %(count)s photos.", { count }),
    warmer: (count) => gettext("Darker and warmer than others on the same %(count)s photos.", { count }),
  },
  same: {
    cooler: (count) => gettext("Cooler than others on the same %(count)s photos.", { count }),
    same: (count) => gettext("As bright and as warm as others on the same %(count)s photos.", { count }),
    warmer: (count) => gettext("Warmer than others on the same %(count)s photos.", { count }),
  },
  brighter: {
    cooler: (count) => gettext("Brighter and cooler than others on the same %(count)s photos.", { count }),
    same: (count) => gettext("Brighter than others on the same %(count)s photos.", { count }),
    warmer: (count) => gettext("Brighter and warmer than others on the same %(count)s photos.", { count }),
  },
};

const AGENT: Differences = {
  darker: {
    cooler: (count) => gettext("Darker and cooler than the agent on the same %(count)s photos.", { count }),
    same: (count) => gettext("Darker than the agent on the same %(count)s photos.", { count }),
    warmer: (count) => gettext("Darker and warmer than the agent on the same %(count)s photos.", { count }),
  },
  same: {
    cooler: (count) => gettext("Cooler than the agent on the same %(count)s photos.", { count }),
    same: (count) => gettext("As bright and as warm as the agent on the same %(count)s photos.", { count }),
    warmer: (count) => gettext("Warmer than the agent on the same %(count)s photos.", { count }),
  },
  brighter: {
    cooler: (count) => gettext("Brighter and cooler than the agent on the same %(count)s photos.", { count }),
    same: (count) => gettext("Brighter than the agent on the same %(count)s photos.", { count }),
    warmer: (count) => gettext("Brighter and warmer than the agent on the same %(count)s photos.", { count }),
  },
};

/** With its sign, as the size of it is printed; a difference that does not show has none. */
function signed(value: number, print: (size: number) => string): string {
  const size = print(Math.abs(value));
  if (size === print(0)) return size;
  return (value < 0 ? "\u2212" : "+") + size;
}

export const profileTexts = {
  title: gettext("Your style"),
  cardTitle: gettext("My style"),
  cardLabel: gettext("Your style, drawn. The table below holds the same numbers."),
  counts: (pictures: number, steps: number) =>
    ngettext("%(count)s picture, %(steps)s steps each", "%(count)s pictures, %(steps)s steps each", pictures, {
      steps: formatNumber(steps, 1),
    }),
  about: (pictures: number) =>
    ngettext(
      "From the one picture that you have handed in here.",
      "From the last %(count)s pictures that you have handed in here.",
      pictures,
    ),
  alone: gettext(
    "Others, and the agent, are not shown here: they have done fewer than five of these photos, or the study keeps it for later.",
  ),
  order: gettext("Usual order"),
  noOrder: gettext("none: each picture another way"),
  use: gettext("Filters, by the share of pictures"),
  light: gettext("Light"),
  axes: { cool: gettext("cool"), warm: gettext("warm"), dark: gettext("dark"), bright: gettext("bright") },
  me: gettext("me"),
  legend: { you: gettext("you"), others: gettext("others"), agent: gettext("the agent") } as Record<Group, string>,
  against: {
    others: ({ brightness, warmth }: Difference, photos: number) => OTHERS[brightness][warmth](photos),
    agent: ({ brightness, warmth }: Difference, photos: number) => AGENT[brightness][warmth](photos),
  },
  save: gettext("Save as a picture"),
  share: gettext("Share"),
  private: gettext("The picture holds no name and no photo."),
  failed: gettext("This browser could not make the picture."),
  numbers: {
    title: gettext("In numbers"),
    what: gettext("Measure"),
    pictures: gettext("Pictures"),
    photos: gettext("Photos in common"),
    inBrackets: gettext("In brackets: the difference from yours on the photos in common."),
    steps: gettext("Steps of a picture"),
    brightness: gettext("Mean brightness"),
    warmth: gettext("Red less blue"),
    redLessBlue: (warmth: number) => signed(warmth, (size) => formatPercent(size, 1)),
    difference: (difference: number, print: (size: number) => string) => `(${signed(difference, print)})`,
  },
  personal: {
    title: gettext("An agent that edits like you"),
    about: gettext(
      "A program that has learned how people edit is fitted to the first eight photos that you finished: a few numbers say how you differ from the others. Then it edits photos by itself. What it makes is a guess. Only you see it, and it is erased with your data.",
    ),
    tooFew: (count: number) =>
      ngettext(
        "It needs %(count)s more photo that you have finished.",
        "It needs %(count)s more photos that you have finished.",
        count,
      ),
    states: {
      later: gettext("It is shown here once you have done everything in this study."),
      waiting: gettext("It is being made, which takes a few minutes. Come back to this page later."),
      failed: gettext("It could not be made. The researchers see why, and can have it tried again."),
    },
    gone: gettext("None of the photos that it edited can be shown any more."),
    you: gettext("you"),
    agent: gettext("the agent like you"),
    yourPicture: (number: number) => gettext("Photo %(number)s, as you left it", { number }),
    itsPicture: (number: number) => gettext("Photo %(number)s, as the agent like you left it", { number }),
    learned: gettext("It has learned from what you made of this photo, and of seven others."),
    unseen: gettext("It has never seen what you made of this photo."),
  },
  toStart: gettext("To the start"),
};
