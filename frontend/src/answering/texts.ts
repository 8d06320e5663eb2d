/** What the pages say on which something is answered. */
import { gettext, ngettext } from "../shared/translation";
import type { Notice } from "../shared/NoticeCard";

export const answeringTexts = {
  saving: {
    saved: gettext("all saved"),
    saving: gettext("saving"),
    offline: (waiting: number) => ngettext("offline: %(count)s waiting", "offline: %(count)s waiting", waiting),
    unanswered: (waiting: number) =>
      ngettext(
        "the server does not answer: %(count)s waiting",
        "the server does not answer: %(count)s waiting",
        waiting,
      ),
  },
  sending: gettext("Your answers are being saved…"),
  waits: gettext("You are offline. Your answers are kept in this browser and sent as soon as the connection is back."),
  progress: (number: number, total: number) => gettext("%(number)s of %(total)s", { number, total }),
  notices: {
    closed: (): Notice => ({
      title: gettext("This study is closed"),
      sentence: gettext("Thank you for coming. What you answered before is kept."),
    }),
    notJoined: (run: () => void): Notice => ({
      title: gettext("This browser is not known here"),
      sentence: gettext("You take part in this study under no name that this browser knows. Begin at its first page."),
      action: { label: gettext("To the first page"), run },
    }),
    refused: (reason: string, run: () => void): Notice => ({
      title: gettext("This cannot go on here"),
      sentence: reason,
      action: { label: gettext("Load again"), run },
    }),
  },
};
