/** What stands in the way of playing, and what comes between the photos. */
import { gettext, ngettext } from "../shared/translation";
import type { Notice } from "../shared/NoticeCard";

export const playNotices = {
  practised: (photos: number, run: () => void): Notice => ({
    title: gettext("You know the game now"),
    sentence:
      photos === 0
        ? gettext("The practice photo does not count. There are no photos to edit yet; please come back later.")
        : ngettext(
            "From here on it counts: %(count)s photo. There is no goal and no right answer, only how you like it. Everything is saved as you go, so take breaks as you wish.",
            "From here on it counts: %(count)s photos, one after another. There is no goal and no right answer, only how you like it. Everything is saved as you go, so take breaks as you wish.",
            photos,
          ),
    action: { label: photos === 0 ? gettext("Look for photos") : gettext("To the first photo"), run },
  }),
  damaged: (reason: string, run: () => void): Notice => ({
    title: gettext("The photo cannot be shown"),
    sentence: gettext("It was fetched twice, but cannot be read: %(reason)s. Nothing that you did is lost.", {
      reason,
    }),
    action: { label: gettext("Try again"), run },
  }),
  stale: (run: () => void): Notice => ({
    title: gettext("The game has been updated"),
    sentence: gettext("Please load the page again to play on with the new version."),
    action: { label: gettext("Load again"), run },
  }),
  closed: (): Notice => ({
    title: gettext("This study is closed"),
    sentence: gettext("It takes no more pictures. Thank you for your interest."),
  }),
  photoRemoved: (run: () => void): Notice => ({
    title: gettext("This photo was withdrawn"),
    sentence: gettext("It is no longer part of the study, and your steps on it are not needed. There is no harm done."),
    action: { label: gettext("Next photo"), run },
  }),
  notJoined: (run: () => void): Notice => ({
    title: gettext("Your visit has ended"),
    sentence: gettext("The browser no longer knows you as a player, perhaps because its cookies were cleared."),
    action: { label: gettext("Join again"), run },
  }),
  withdrawn: (run: () => void): Notice => ({
    title: gettext("You have withdrawn"),
    sentence: gettext("Everything that was stored of you in this study has been erased, here and on the server."),
    action: { label: gettext("To the start"), run },
  }),
  otherWindow: (run: () => void): Notice => ({
    title: gettext("You are playing in another window"),
    sentence: gettext("The game goes on in one window at a time. What you did there is kept, and comes along."),
    action: { label: gettext("Play here"), run },
  }),
  waitsForOldWindow: (): Notice => ({
    title: gettext("The game has been updated"),
    sentence: gettext(
      "An older version of it is open in another window. Please close that one; this page then goes on.",
    ),
  }),
  leftBehind: (kept: number, lost: number, run: () => void): Notice => ({
    title: gettext("Not all of an earlier visit could be saved"),
    sentence: [
      kept > 0 &&
        ngettext(
          "%(count)s action was made as another player, whom this browser no longer knows. It stays here, and is sent if that player comes back.",
          "%(count)s actions were made as another player, whom this browser no longer knows. All of them stay here, and are sent if that player comes back.",
          kept,
        ),
      lost > 0 &&
        ngettext(
          "%(count)s action was not accepted: the photo was changed or handed in elsewhere, or the game has been updated since. It stays in this browser.",
          "%(count)s actions were not accepted: the photo was changed or handed in elsewhere, or the game has been updated since. All of them stay in this browser.",
          lost,
        ),
    ]
      .filter((part) => part !== false)
      .join(" "),
    action: { label: gettext("Play on"), run },
  }),
  changedElsewhere: (run: () => void): Notice => ({
    title: gettext("This photo is open in another window"),
    sentence: gettext(
      "It was edited or handed in there, so what you did last in this window was not saved. Load the page again to go on from where it stands.",
    ),
    action: { label: gettext("Load again"), run },
  }),
  notFound: (): Notice => ({
    title: gettext("There is nothing here"),
    sentence: gettext("The study or the photo does not exist. Please check the address."),
  }),
  refused: (reason: string, run: () => void): Notice => ({
    title: gettext("The server did not accept this"),
    sentence: reason,
    action: { label: gettext("Load again"), run },
  }),
  noPhotoYet: (): Notice => ({
    title: gettext("There is no photo to edit yet"),
    sentence: gettext("Please come back later."),
    action: { label: gettext("To the start"), run: () => window.location.assign("/") },
  }),
  allDone: (run: () => void): Notice => ({
    title: gettext("That was the last photo"),
    sentence: gettext("Thank you! Everything that you did has arrived. One page is left."),
    action: { label: gettext("To the last page"), run },
  }),
  lastPhoto: (run: () => void): Notice => ({
    title: gettext("That was the last photo"),
    sentence: gettext("Thank you! Everything is saved. If you like, see what your pictures have in common."),
    action: { label: gettext("Your style"), run },
  }),
  lastPhotoToReveal: (run: () => void): Notice => ({
    title: gettext("That was the last photo"),
    sentence: gettext(
      "Thank you! Everything is saved. Now see what others made of the same photos, side by side with yours.",
    ),
    action: { label: gettext("Side by side"), run },
  }),
};
