/** What the page says on which pictures are judged. */
import { gettext, ngettext } from "../shared/translation";
import type { JudgingKind } from "./api";

const questions: Readonly<Record<JudgingKind, string>> = {
  rating: gettext("How good is this picture?"),
  pair: gettext("Which of the two is better?"),
  turing: gettext("Who has edited this picture?"),
  turing_pair: gettext("Which of the two has a person edited?"),
};

const explanations: Readonly<Record<JudgingKind, string>> = {
  rating: gettext("You see one picture after another. Give each a mark from 1 to 5, as you like it."),
  pair: gettext("You see the same photo twice, edited differently. Choose the picture that you like better."),
  turing: gettext("Each picture was edited by a person or by a computer program. Say which you think it was."),
  turing_pair: gettext(
    "You see the same photo twice. A person has edited one, a computer program the other, or nobody. Choose the picture that you think is the person’s.",
  ),
};

const titles: Readonly<Record<JudgingKind, string>> = {
  rating: gettext("Rate pictures"),
  pair: gettext("Compare pictures"),
  turing: gettext("Person or program?"),
  turing_pair: gettext("Which is a person’s?"),
};

export const judgingTexts = {
  titles,
  questions,
  explanations,
  pairOfOwnQuestion: gettext("You see the same photo twice, edited differently. Choose one of the two."),
  beingMade: {
    title: gettext("Pictures for you are being made"),
    sentence: gettext("This takes a minute or two. The page goes on by itself."),
  },
  count: (count: number) =>
    ngettext(
      "There is %(count)s picture to judge.",
      "There are %(count)s pictures to judge, one after another.",
      count,
    ),
  countOfPairs: (count: number) =>
    ngettext("There is %(count)s pair to judge.", "There are %(count)s pairs to judge, one after another.", count),
  first: gettext("There is no right or wrong. What you answer is saved as you go, and you cannot go back."),
  keys: gettext("With a keyboard: the numbers or the arrows choose, Enter goes on."),
  begin: gettext("Begin"),
  next: gettext("Next"),
  choose: gettext("Choose first"),
  picture: gettext("The picture"),
  marks: [gettext("Very bad"), gettext("Bad"), gettext("Fair"), gettext("Good"), gettext("Very good")],
  makers: [gettext("A person"), gettext("A program")],
  // Below each other on a phone, so that left and right would be wrong.
  sides: [gettext("Picture A"), gettext("Picture B")],
};
