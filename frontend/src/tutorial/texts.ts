/** What the tutorial says. */
import { gettext } from "../shared/translation";
import type { Phase } from "./course";

export const tutorialTexts = {
  label: gettext("Practice"),
  goal: gettext("The goal"),
  goalSaid: gettext("The practice photo as it should look: bright, warm and full of colour"),
  card: (place: number, count: number) => gettext("Card %(place)s of %(count)s", { place, count }),
  next: gettext("Next"),
  nextHint: gettext("Next card (N)"),
  tryFirst: gettext("Try it first."),
  skip: gettext("Skip the practice"),
  /** By the card's name: its title, what it says first, and what it says when its filter is chosen. */
  cards: {
    welcome: {
      title: gettext("Practice first"),
      done: gettext(
        "The photo is dark, as light comes into a camera. Make it look like the goal: in about two minutes you know the game. Nothing counts here.",
      ),
    },
    exposure: {
      title: gettext("More light"),
      choose: gettext("Choose Exposure among the filters."),
      set: gettext("Drag its slider to the right until the photo is about as bright as the goal: near +1.3."),
    },
    gamma: {
      title: gettext("The middle tones"),
      choose: gettext("Choose Gamma."),
      set: gettext("It brightens what lies between black and white. Drag it to the left, to about 0.75."),
    },
    white_balance: {
      title: gettext("The colour of the light"),
      choose: gettext("The photo is too blue. Choose White balance."),
      set: gettext("Drag Temperature to the right, to about 20: warmer."),
    },
    saturation: {
      title: gettext("Stronger colours"),
      choose: gettext("Choose Saturation."),
      set: gettext("Drag it to about 30 %, and look at the balloon."),
    },
    contrast: {
      title: gettext("The last of five steps"),
      choose: gettext("Choose Contrast."),
      set: gettext("It moves dark and bright apart. Drag it to about 30 %: you are at the goal."),
    },
    black_white: {
      title: gettext("Replace a step"),
      full: gettext(
        "All five steps are in use. Let another filter take the place of this one: press Replace, then Black & white.",
      ),
      choose: gettext("Choose Black & white: it takes the place of the step."),
      set: gettext("Drag it to the right: the colours go."),
    },
    remove: {
      title: gettext("Remove a step"),
      set: gettext("That was worth a try. Press Remove step, and the colours are back."),
      done: gettext("The colours are back, and a place is free again. Press Next."),
    },
    tone: {
      title: gettext("Dark, middle, bright"),
      choose: gettext("Choose Tone."),
      set: gettext(
        "It changes dark tones (on the left) and bright ones (on the right) separately. Drag a point up or down.",
      ),
    },
    color: {
      title: gettext("A curve for each colour"),
      full: gettext("The last filter: press Replace, then Color."),
      choose: gettext("The last filter. Choose Color."),
      set: gettext("As Tone, but red, green and blue separately. Drag one of the points a little."),
    },
    back: {
      title: gettext("Go back"),
      set: gettext("Every step can be changed later. In the row of your steps, press the picture of step 1."),
      done: gettext("You are back at step 1. Move its slider if you like: the later steps follow."),
    },
    compare: {
      title: gettext("Before and after"),
      set: gettext("Hold Before to see the photo as it came (or hold the key B)."),
      byTouch: gettext("Hold Before to see the photo as it came."),
      done: gettext("That is how the photo came. Look as often as you like, then press Next."),
    },
    finish: {
      title: gettext("Hand it in"),
      set: gettext(
        "Press Finish for a last look, then Hand in. Then come the real photos. They have no goal: make them look as you like.",
      ),
    },
  } as Record<string, { readonly title: string; readonly byTouch?: string } & Partial<Readonly<Record<Phase, string>>>>,
  /** What a card says of a filter for which no step is left. */
  full: (filter: string) => gettext("All five steps are in use. Press Replace, then choose %(filter)s.", { filter }),
  /** What a card says when its task is done. */
  well: gettext("Once you like it, press Next."),
};
