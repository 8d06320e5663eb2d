/** What the pages say that show finished pictures. */
import { gettext } from "../shared/translation";
import type { Notice } from "../shared/NoticeCard";

export const viewingTexts = {
  notices: {
    notPlayed: (run: () => void): Notice => ({
      title: gettext("You have handed in no picture here"),
      sentence: gettext("This browser does not know you as a player who has finished a photo of this study."),
      action: { label: gettext("Play"), run },
    }),
    later: (run: () => void): Notice => ({
      title: gettext("First the other photos"),
      sentence: gettext("What others made is shown when you have done them all, so that your pictures stay your own."),
      action: { label: gettext("Go on playing"), run },
    }),
    nothing: (run: () => void): Notice => ({
      title: gettext("There is nothing to compare"),
      sentence: gettext(
        "Fewer than two others have done these photos so far, or the study does not show what others made.",
      ),
      action: { label: gettext("Your style"), run },
    }),
    notFound: (run: () => void): Notice => ({
      title: gettext("There is nothing here"),
      sentence: gettext("It does not exist, or it is not shown to everybody."),
      action: { label: gettext("To the start"), run },
    }),
    refused: (reason: string, run: () => void): Notice => ({
      title: gettext("This cannot be shown"),
      sentence: reason,
      action: { label: gettext("To the start"), run },
    }),
  },
};
