/** What the page of play says around the photo; of filters and their controls the contract says the rest. */
import { formatPercent, formatShare } from "../../shared/texts";
import { gettext, ngettext } from "../../shared/translation";

/** Red, green, blue. */
type Channels = readonly [number, number, number];

function byChannel([red, green, blue]: Channels) {
  return { red: formatShare(red), green: formatShare(green), blue: formatShare(blue) };
}

export const editorTexts = {
  asked: gettext("On this photo, please:"),
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

  strip: {
    originalHint: gettext("Hold to see the photo as it came"),
    left: (count: number) => ngettext("%(count)s step left", "%(count)s steps left", count),
    empty: (index: number) => gettext("Step %(index)s is free", { index }),
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
        share: formatShare(share),
        ...byChannel(channels),
      }),
    white: (share: number, channels: Channels) =>
      gettext(
        "%(share)s of the picture is full white in a channel. At 255: red %(red)s, green %(green)s, blue %(blue)s",
        { share: formatShare(share), ...byChannel(channels) },
      ),
    readout: gettext("The colour under the pointer: red, green and blue, from 0 to 255"),
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
};
