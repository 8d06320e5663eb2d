/** What the reveal says. */
import { gettext, ngettext } from "../shared/translation";

export const revealTexts = {
  title: gettext("Side by side"),
  progress: (number: number, total: number) => gettext("photo %(number)s of %(total)s", { number, total }),
  question: gettext("Which do you like best?"),
  hint: (count: number) =>
    ngettext(
      "The same photo, made by %(count)s player. One of them is you. Who made which, and how, is told when you have chosen.",
      "The same photo, made by %(count)s players. One of them is you. Who made which, and how, is told when you have chosen.",
      count,
    ),
  picture: (letter: string) => gettext("Picture %(letter)s", { letter }),
  steps: (letter: string) => gettext("The steps of picture %(letter)s", { letter }),
  untouched: gettext("Left as it came."),
  chooseFirst: gettext("Choose a picture"),
  choose: (letter: string) => gettext("I like %(letter)s best", { letter }),
  skip: gettext("Skip"),
  makers: { you: gettext("You"), agent: gettext("The agent"), person: gettext("Another player") },
  favourite: gettext("your favourite"),
  watch: gettext("step by step"),
  verdicts: {
    you: gettext("You like your own best"),
    agent: gettext("You like the agent’s best"),
    person: gettext("You like another player’s best"),
  },
  told: gettext("Your choice is saved. This is who made which."),
  onward: { next: gettext("Next photo"), profile: gettext("See your style"), play: gettext("Go on playing") },
};
