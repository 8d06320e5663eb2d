/** What the page of one's own style says. */
import { formatNumber } from "../shared/language";
import { formatPercent } from "../shared/texts";
import { gettext, ngettext } from "../shared/translation";
import type { Group } from "../viewing/api";
import type { Difference } from "./layout";

/** A whole sentence for each difference, since languages put them together each in its own way. */
type Differences = Readonly<Record<Difference["brightness"], Readonly<Record<Difference["warmth"], string>>>>;

const OTHERS: Differences = {
  darker: {
    cooler: gettext("Darker and cooler than others on the same photos."),
    same: gettext("Darker than others on the same photos."),
    warmer: gettext("Darker and warmer than others on the same photos."),
  },
  same: {
    cooler: gettext("Cooler than others on the same photos."),
    same: gettext("As bright and as warm as others on the same photos."),
    warmer: gettext("Warmer than others on the same photos."),
  },
  brighter: {
    cooler: gettext("Brighter and cooler than others on the same photos."),
    same: gettext("Brighter than others on the same photos."),
    warmer: gettext("Brighter and warmer than others on the same photos."),
  },
};

const AGENT: Differences = {
  darker: {
    cooler: gettext("Darker and cooler than the agent."),
    same: gettext("Darker than the agent."),
    warmer: gettext("Darker and warmer than the agent."),
  },
  same: {
    cooler: gettext("Cooler than the agent."),
    same: gettext("As bright and as warm as the agent."),
    warmer: gettext("Warmer than the agent."),
  },
  brighter: {
    cooler: gettext("Brighter and cooler than the agent."),
    same: gettext("Brighter than the agent."),
    warmer: gettext("Brighter and warmer than the agent."),
  },
};

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
    "Others, and the agent, are not shown here: nobody else has done these photos, or the study keeps it for later.",
  ),
  order: gettext("Usual order"),
  noOrder: gettext("none: each picture another way"),
  use: gettext("Filters, by the share of pictures"),
  light: gettext("Light"),
  axes: { cool: gettext("cool"), warm: gettext("warm"), dark: gettext("dark"), bright: gettext("bright") },
  me: gettext("me"),
  legend: { you: gettext("you"), others: gettext("others"), agent: gettext("the agent") } as Record<Group, string>,
  against: {
    others: ({ brightness, warmth }: Difference) => OTHERS[brightness][warmth],
    agent: ({ brightness, warmth }: Difference) => AGENT[brightness][warmth],
  },
  save: gettext("Save as a picture"),
  share: gettext("Share"),
  private: gettext("The picture holds no name and no photo."),
  failed: gettext("This browser could not make the picture."),
  numbers: {
    title: gettext("In numbers"),
    what: gettext("Measure"),
    pictures: gettext("Pictures"),
    steps: gettext("Steps of a picture"),
    brightness: gettext("Mean brightness"),
    warmth: gettext("Red less blue"),
    redLessBlue: (warmth: number) => (warmth < 0 ? "−" : "+") + formatPercent(Math.abs(warmth), 1),
  },
  toStart: gettext("To the start"),
};
