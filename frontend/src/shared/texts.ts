/**
 * Every text of the play page that the contract does not hold; what other pages and the tutorial say stands in a file
 * of this name beside them. Each is a message for translators: docs/translations.md.
 */
import { formatNumber } from "./language";
import { gettext, ngettext } from "./translation";
import type { Notice } from "./NoticeCard";

/** A share as a percentage. */
export function formatPercent(share: number, decimals = 0): string {
  return gettext("%(number)s %", { number: formatNumber(100 * share, decimals) });
}

function percent(share: number): string {
  if (share === 0) return formatPercent(0);
  if (share < 0.001) return gettext("less than %(share)s", { share: formatPercent(0.001, 1) });
  return formatPercent(share, share < 0.1 ? 1 : 0);
}

/** Red, green, blue. */
type Channels = readonly [number, number, number];

function byChannel([red, green, blue]: Channels) {
  return { red: percent(red), green: percent(green), blue: percent(blue) };
}

export const texts = {
  brand: "Safelight",
  original: gettext("Original"),
  loading: gettext("Loading the photo…"),
  sending: gettext("Saving your picture…"),
  sendingLater: {
    title: gettext("Your picture waits to be saved"),
    offline: gettext("You are offline. It is kept in this browser and sent as soon as the connection is back."),
    unanswered: gettext(
      "The server does not answer. It is kept in this browser and sent as soon as there is an answer.",
    ),
  },
  loadingLater: {
    title: gettext("What you did is sent first"),
    offline: gettext("You are offline. The photo comes as soon as the connection is back."),
    unanswered: gettext("The server does not answer. The photo comes as soon as it does."),
  },
  onlyInMemory: {
    sentence: gettext(
      "This browser cannot store anything, as in a private window or when its storage is full. You can play on: keep this page open until it says “all saved”.",
    ),
    understood: gettext("I see"),
  },
  pictureLost: gettext(
    "The graphics card paused. The picture comes back in a moment; if not, reload the page: nothing is lost.",
  ),
  rights: (attribution: string, licence: string) => [attribution, licence].filter(Boolean).join(" · "),
  progress: (done: number, total: number) => `${done} / ${total}`,
  progressLabel: (done: number, total: number) => gettext("%(done)s of %(total)s photos handed in", { done, total }),

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
    held: (waiting: number) => ngettext("%(count)s kept in this browser", "%(count)s kept in this browser", waiting),
    refused: (lost: number) => ngettext("%(count)s action not saved", "%(count)s actions not saved", lost),
  },

  canvas: gettext("The photo as your steps leave it"),
  canvasOriginal: gettext("The photo as it came"),
  strip: {
    label: gettext("Your steps"),
    step: (index: number, label: string, value: string) =>
      gettext("Step %(index)s: %(label)s, %(value)s", { index, label, value }),
    originalHint: gettext("Hold to see the photo as it came"),
    left: (count: number) => ngettext("%(count)s step left", "%(count)s steps left", count),
    empty: (index: number) => gettext("Step %(index)s is free", { index }),
    unchanged: gettext("unchanged"),
    curve: gettext("curve"),
  },
  view: {
    before: gettext("Before"),
    beforeHint: gettext("Hold to see the photo as it came (B)"),
    tools: gettext("Ways to look at the photo"),
    split: gettext("Split"),
    splitHint: gettext("Original on the left, your picture on the right; drag the line (S)"),
    splitLine: gettext("Where the original ends and your picture begins"),
    splitAt: (share: number) => gettext("original on %(share)s of what is seen", { share: formatPercent(share) }),
    after: gettext("After"),
    fit: gettext("Fit"),
    fitHint: gettext("The whole photo (0)"),
    actual: formatPercent(1),
    actualHint: gettext("Each pixel of the photo as one of the screen, or the whole photo again (Z)"),
    magnified: formatPercent,
    fullScreen: gettext("Full screen"),
    fullScreenHint: gettext("Full screen (F)"),
    clipping: gettext("Clipping"),
    clippingHint: gettext(
      "Paint over what is full white, in the colours of its channels, and what is full black, in blue (J)",
    ),
  },

  histogram: {
    label: (black: string, white: string) =>
      gettext("Histogram. Full black: %(black)s, full white: %(white)s of the picture.", { black, white }),
    title: gettext("Histogram"),
    black: (share: number, channels: Channels) =>
      gettext("%(share)s of the picture is full black. At 0: red %(red)s, green %(green)s, blue %(blue)s", {
        share: percent(share),
        ...byChannel(channels),
      }),
    white: (share: number, channels: Channels) =>
      gettext(
        "%(share)s of the picture is full white in a channel. At 255: red %(red)s, green %(green)s, blue %(blue)s",
        { share: percent(share), ...byChannel(channels) },
      ),
    readout: gettext("The colour under the pointer: red, green and blue, from 0 to 255"),
    percent,
  },

  palette: {
    title: gettext("Filters"),
    rule: (used: number, maximum: number) =>
      gettext("%(used)s of %(maximum)s steps, each filter once", { used, maximum }),
    full: (maximum: number) => gettext("%(maximum)s of %(maximum)s: change, replace or remove one", { maximum }),
    usedAs: (label: string, step: number) => gettext("%(label)s, used as step %(step)s", { label, step }),
    isStep: (step: number) => gettext("used already: this is step %(step)s", { step }),
    replacing: (label: string) => gettext("choose what replaces %(label)s", { label }),
    used: (label: string, step: number) =>
      gettext("%(label)s is step %(step)s. Each filter is used once; this goes to its step.", { label, step }),
    usedCannotReplace: (label: string, step: number) =>
      gettext("%(label)s is step %(step)s already. Each filter is used once.", { label, step }),
    noRoom: (label: string, maximum: number) =>
      ngettext(
        "%(label)s does not fit: the one step is in use.",
        "%(label)s does not fit: all %(count)s steps are in use.",
        maximum,
        { label },
      ),
    choose: (label: string, purpose: string, shortcut: string) => `${label} (${shortcut}). ${purpose}`,
  },

  controls: {
    none: gettext("No step chosen"),
    start: gettext("Choose a filter to begin. You have up to five steps; each filter can be used once."),
    between: gettext("Choose the next filter, or a step below the photo to change it."),
    full: gettext("Choose a step below the photo to change it."),
    resets: gettext("double-click resets"),
    resetsByTouch: gettext("double-tap resets"),
    number: (label: string) => gettext("%(label)s, as a number", { label }),
    range: (low: string, high: string) => gettext("from %(low)s to %(high)s", { low, high }),
    outOfRange: (low: string, high: string) => gettext("It goes from %(low)s to %(high)s.", { low, high }),
    notANumber: (typed: string) => gettext("“%(typed)s” is not a number; nothing was changed.", { typed }),
    reset: gettext("Reset"),
    resetCurve: (label: string) => gettext("Reset the curve of %(label)s", { label }),
    point: (curve: string, level: number) =>
      gettext("%(curve)s at %(level)s", { curve, level: formatPercent(level, 1) }),
    pointHelp: gettext("How bright the curve makes this level."),
    channels: gettext("Which curve to bend"),
    curves: { slope: gettext("Tones"), red: gettext("Red"), green: gettext("Green"), blue: gettext("Blue") } as Record<
      string,
      string
    >,
    curveHint: gettext("Drag a point up to brighten those tones, down to darken them."),
    colorHint: gettext("Drag a point up for more of it in those tones, down for less."),
    dark: gettext("dark"),
    bright: gettext("bright"),
    picker: {
      start: gettext("Pick a grey"),
      stop: gettext("Cancel"),
      hint: gettext("Click on something in the photo that should be a neutral grey. (G)"),
      aim: gettext("Click on something in the photo that should be a neutral grey."),
      aimByTouch: gettext("Tap something in the photo that should be a neutral grey."),
      label: gettext(
        "Choose the point of the photo that should be grey. Arrow keys move the cross, Enter picks, Escape cancels.",
      ),
      grey: gettext("That place is grey now."),
      beyond: gettext("That place is too colourful to become grey; this is as near as it goes."),
      dark: gettext("That place is too dark to tell its colour. Nothing was changed."),
    },
  },

  buttons: {
    undo: gettext("Undo"),
    undoKeys: gettext("Ctrl Z"),
    redo: gettext("Redo"),
    redoKeys: gettext("Ctrl Shift Z, Ctrl Y"),
    remove: gettext("Remove step"),
    removeKey: gettext("Delete"),
    replace: gettext("Replace"),
    cancelReplace: gettext("Keep it"),
    reset: gettext("Start over"),
    finish: gettext("Finish"),
    help: gettext("Help and shortcuts"),
    helpHint: gettext("Help and shortcuts (?)"),
    close: gettext("Close"),
  },
  handedIn: {
    label: gettext("The picture that you handed in last"),
    said: gettext("Your picture is handed in."),
    all: gettext("All your pictures"),
    close: gettext("Close"),
  },
  finishReason: {
    practice: gettext("Follow the cards first."),
    empty: gettext("Make a step first."),
    unchanged: gettext("No step changes the photo yet."),
  },

  lastLook: {
    title: gettext("A last look"),
    before: gettext("Before"),
    after: gettext("After"),
    steps: gettext("Your steps"),
    notCounted: (value: string) => gettext("%(value)s: does not count", { value }),
    untouched: gettext("No steps: the photo as it came."),
    final: gettext("Once handed in, a picture cannot be changed any more."),
    submit: gettext("Hand in"),
    back: gettext("Keep editing"),
  },

  help: {
    title: gettext("How to play"),
    lines: [
      gettext("Make the photo look its best, in one to five steps. Each filter can be used once."),
      gettext("Go back to any step by its picture, change it, replace it or remove it."),
      gettext("Finish shows a last look at your picture; Hand in gives it to the study, and the next photo comes."),
      gettext("The photo comes from the camera as linear light, so it looks dark at first."),
      gettext("What you do is saved as you go. You can close the page and come back."),
    ],
    touches: gettext("By touch"),
    gestures: [
      [gettext("Tap a filter"), gettext("choose it, or go to its step")],
      [gettext("Swipe the filters"), gettext("see all eight; the steps swipe too")],
      [gettext("Double-tap a slider"), gettext("set it back; a point of a curve, too")],
      [gettext("Tap a number"), gettext("type a value")],
      [gettext("Hold Before"), gettext("see the original")],
      [gettext("Tap Split"), gettext("see both; drag the line")],
      [gettext("Pinch, double-tap"), gettext("look closer; drag to move")],
      [gettext("Tap Clipping"), gettext("show what is clipped")],
    ] as const,
    agreed: gettext("What you agreed to"),
    shortcuts: gettext("Shortcuts"),
    keys: [
      [gettext("1 … 8"), gettext("choose a filter, or go to its step")],
      [", .", gettext("to the step before, to the next")],
      ["← →", gettext("nudge a slider or a point; with Shift ten times as far")],
      [gettext("Page ↑ ↓"), gettext("move it ten nudges; Home and End, to its ends")],
      [gettext("Tab"), gettext("to the next slider, point or button")],
      [gettext("Ctrl Z"), gettext("undo; on a Mac, Cmd in place of Ctrl")],
      [gettext("Ctrl Shift Z, Ctrl Y"), gettext("redo")],
      [gettext("Delete"), gettext("remove the step")],
      ["R", gettext("replace the step")],
      ["G", gettext("pick a grey point, for white balance")],
      ["B", gettext("hold to see the original")],
      ["S", gettext("split: original and picture side by side")],
      [gettext("0, Z"), gettext("the whole photo; its pixels at 100 %")],
      [gettext("+ −, wheel"), gettext("look closer, or from farther away")],
      [gettext("Drag, arrows"), gettext("move the photo when it is larger than its place")],
      ["F", gettext("full screen")],
      ["J", gettext("show what is clipped")],
      [gettext("Enter"), gettext("Finish: a last look")],
      [gettext("Esc"), gettext("close, cancel")],
      ["?", gettext("this help")],
    ] as const,
  },

  landing: {
    before: gettext("as it came"),
    after: gettext("after five steps"),
    slider: gettext("Between the photo as it came and after five steps"),
    steps: (said: string) => gettext("Drawn in your browser: %(steps)s.", { steps: said }),
  },

  rest: {
    open: gettext("Take a break"),
    title: gettext("Breaks are fine"),
    done: (done: number, total: number) => {
      if (done === 0) return ngettext("Waiting for you: %(count)s photo.", "Waiting for you: %(count)s photos.", total);
      const said = ngettext("Handed in: %(count)s photo.", "Handed in: %(count)s photos.", done);
      if (done === total) return said;
      const left = total - done;
      return [said, ngettext("Still to come: %(count)s photo.", "Still to come: %(count)s photos.", left)].join(" ");
    },
    saved: gettext("Everything that you did is saved, and this photo waits as you leave it."),
    unsaved: (waiting: number) =>
      ngettext(
        "%(count)s action is not saved yet. It is kept in this browser and sent when you come back.",
        "%(count)s actions are not saved yet. They are kept in this browser and sent when you come back.",
        waiting,
      ),
    back: gettext(
      "Close this page whenever you like. Open it again in this browser, today or in some months, and go on.",
    ),
    stay: gettext("Keep editing"),
    leave: gettext("To the start page"),
  },

  notices: {
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
    damaged: (reason: string, run: () => void): Notice => ({
      title: gettext("The photo cannot be shown"),
      sentence: gettext("It was fetched twice, but cannot be read: %(reason)s. Nothing that you did is lost.", {
        reason,
      }),
      action: { label: gettext("Try again"), run },
    }),
    broken: (reason: string, run: () => void): Notice => ({
      title: gettext("Something went wrong"),
      sentence: gettext("The page cannot go on: %(reason)s. What you did is kept.", { reason }),
      action: { label: gettext("Load again"), run },
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
      sentence: gettext(
        "It is no longer part of the study, and your steps on it are not needed. There is no harm done.",
      ),
      action: { label: gettext("Next photo"), run },
    }),
    notJoined: (run: () => void): Notice => ({
      title: gettext("Your visit has ended"),
      sentence: gettext("The browser no longer knows you as a player, perhaps because its cookies were cleared."),
      action: { label: gettext("Join again"), run },
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
  },
};
