/** Every text of the play page that the contract does not hold, in one place. */
import { describeValue, filterOf, isNeutral } from "./contract";
import type { Notice, Step } from "./state";

const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight"];

function counted(count: number, one: string, many: string): string {
  return `${NUMBERS[count] ?? String(count)} ${count === 1 ? one : many}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function percent(share: number): string {
  if (share === 0) return "0 %";
  return share < 0.001 ? "less than 0.1 %" : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

export const texts = {
  brand: "Safelight",
  original: "Original",
  loading: "Loading the photo…",
  sending: "Saving your picture…",
  sendingLater: {
    title: "Your picture waits to be saved",
    offline: "You are offline. It is kept in this browser and sent as soon as the connection is back.",
    unanswered: "The server does not answer. It is kept in this browser and sent as soon as there is an answer.",
  },
  loadingLater: {
    title: "What you did is sent first",
    offline: "You are offline. The photo comes as soon as the connection is back.",
    unanswered: "The server does not answer. The photo comes as soon as it does.",
  },
  onlyInMemory: {
    sentence:
      "This browser cannot store anything, as in a private window or when its storage is full. You can play on: keep this page open until it says “all saved”.",
    understood: "I see",
  },
  pictureLost: "The graphics card paused; the picture comes back in a moment.",
  rights: (attribution: string, licence: string) => [attribution, licence].filter(Boolean).join(" · "),
  progress: (done: number, total: number) => `${done} / ${total}`,
  progressLabel: (done: number, total: number) => `${done} of ${total} photos handed in`,

  saving: {
    saved: "all saved",
    saving: "saving",
    offline: (waiting: number) => `offline: ${waiting} waiting`,
    unanswered: (waiting: number) => `the server does not answer: ${waiting} waiting`,
    held: (waiting: number) => `${waiting} kept in this browser`,
    refused: (lost: number) => `${counted(lost, "action", "actions")} not saved`,
  },

  canvas: "The photo as your steps leave it",
  canvasOriginal: "The photo as it came",
  strip: {
    label: "Your steps",
    step: (index: number, label: string, value: string) => `Step ${index}: ${label}, ${value}`,
    originalHint: "Hold to see the photo as it came",
    left: (count: number) => `${counted(count, "step", "steps")} left`,
    empty: (index: number) => `Step ${index} is free`,
  },
  view: {
    before: "Before",
    beforeHint: "Hold to see the photo as it came (B)",
    clipping: "Clipping",
    clippingHint: "Paint over what is full white (red) or full black (blue) (J)",
  },

  histogram: {
    label: (black: string, white: string) => `Histogram. Full black: ${black}, full white: ${white} of the picture.`,
    black: (share: number) => `${percent(share)} of the picture is full black`,
    white: (share: number) => `${percent(share)} of the picture is full white in a channel`,
    percent,
  },

  palette: {
    title: "Filters",
    rule: (maximum: number) => `each once, ${counted(maximum, "step", "steps")}`,
    full: "full: change, replace or remove one",
    replacing: (label: string) => `choose what replaces ${label}`,
    used: (label: string, step: number) => `${label} is step ${step}. Each filter is used once; this goes to its step.`,
    usedCannotReplace: (label: string, step: number) => `${label} is step ${step} already. Each filter is used once.`,
    noRoom: (label: string, maximum: number) =>
      `${label} does not fit: all ${counted(maximum, "step", "steps")} are in use.`,
    choose: (label: string, purpose: string, shortcut: string) => `${label} (${shortcut}). ${purpose}`,
  },

  controls: {
    none: "No step chosen",
    start: "Choose a filter to begin. You have up to five steps; each filter can be used once.",
    between: "Choose the next filter, or a step below the photo to change it.",
    full: "Choose a step below the photo to change it.",
    resets: "double-click resets",
    resetsByTouch: "double-tap resets",
    number: (label: string) => `${label}, as a number`,
    reset: (label: string) => `Reset ${label}`,
    curves: { slope: "Tones", red: "Red", green: "Green", blue: "Blue" } as Record<string, string>,
    curveHint:
      "From dark to bright: how steep each part of the curve is. Only the ratios matter, so the others give way.",
    dark: "dark",
    bright: "bright",
  },

  buttons: {
    undo: "Undo",
    redo: "Redo",
    remove: "Remove step",
    replace: "Replace",
    cancelReplace: "Keep it",
    reset: "Start over",
    finish: "Finish",
    help: "Help and shortcuts",
    close: "Close",
  },
  handedIn: {
    label: "The picture that you handed in last",
    said: (photo: string) => `${photo} is handed in.`,
    all: "All your pictures",
    close: "Close",
  },
  finishReason: {
    empty: "Make a step first.",
    unchanged: "No step changes the photo yet.",
  },

  lastLook: {
    title: "A last look",
    before: "Before",
    after: "After",
    unchanged: (labels: string) => `Left unchanged, so it will not count: ${labels}.`,
    final: "Once handed in, a picture cannot be changed any more.",
    submit: "Hand in",
    back: "Keep editing",
  },

  help: {
    title: "How to play",
    lines: [
      "Make the photo look its best, in one to five steps. Each filter can be used once.",
      "Go back to any step by its picture, change it, replace it or remove it.",
      "Finish shows a last look at your picture; Hand in gives it to the study, and the next photo comes.",
      "The photo comes from the camera as linear light, so it looks dark at first.",
      "What you do is saved as you go. You can close the page and come back.",
    ],
    touches: "By touch",
    gestures: [
      ["Tap a filter", "choose it, or go to its step"],
      ["Swipe the filters", "see all eight; the steps swipe too"],
      ["Double-tap a slider", "set it back"],
      ["Tap a number", "type a value"],
      ["Hold Before", "see the original"],
      ["Tap Clipping", "show what is clipped"],
    ] as const,
    shortcuts: "Shortcuts",
    keys: [
      ["1 … 8", "choose a filter, or go to its step"],
      ["← →", "nudge a slider; with Shift ten times as far"],
      ["Ctrl Z", "undo"],
      ["Ctrl Shift Z, Ctrl Y", "redo"],
      ["Delete", "remove the step"],
      ["B", "hold to see the original"],
      ["J", "show what is clipped"],
      ["Enter, F", "Finish: a last look"],
      ["Esc", "close, cancel"],
      ["?", "this help"],
    ] as const,
  },

  notices: {
    noWebGL: (): Notice => ({
      title: "This browser cannot draw the game",
      sentence:
        "The game needs WebGL 2. Please update the browser, switch on hardware acceleration, or try another one.",
    }),
    unreachable: (online: boolean, run: () => void): Notice => ({
      title: online ? "No answer from the server" : "You are offline",
      sentence: online
        ? "It may be busy, or the connection weak. Nothing that you did is lost."
        : "The game goes on by itself as soon as the connection is back. Nothing that you did is lost.",
      action: { label: "Try again", run },
    }),
    damaged: (reason: string, run: () => void): Notice => ({
      title: "The photo cannot be shown",
      sentence: `It was fetched twice, but ${reason}. Nothing that you did is lost.`,
      action: { label: "Try again", run },
    }),
    broken: (reason: string, run: () => void): Notice => ({
      title: "Something went wrong",
      sentence: `The page cannot go on: ${reason}. What you did is kept.`,
      action: { label: "Load again", run },
    }),
    stale: (run: () => void): Notice => ({
      title: "The game has been updated",
      sentence: "Please load the page again to play on with the new version.",
      action: { label: "Load again", run },
    }),
    closed: (): Notice => ({
      title: "This study is closed",
      sentence: "It takes no more pictures. Thank you for your interest.",
    }),
    photoRemoved: (run: () => void): Notice => ({
      title: "This photo was withdrawn",
      sentence: "It is no longer part of the study, and your steps on it are not needed. There is no harm done.",
      action: { label: "Next photo", run },
    }),
    notJoined: (run: () => void): Notice => ({
      title: "Your visit has ended",
      sentence: "The browser no longer knows you as a player, perhaps because its cookies were cleared.",
      action: { label: "Join again", run },
    }),
    otherWindow: (run: () => void): Notice => ({
      title: "You are playing in another window",
      sentence: "The game goes on in one window at a time. What you did there is kept, and comes along.",
      action: { label: "Play here", run },
    }),
    waitsForOldWindow: (): Notice => ({
      title: "The game has been updated",
      sentence: "An older version of it is open in another window. Please close that one; this page then goes on.",
    }),
    leftBehind: (kept: number, lost: number, run: () => void): Notice => ({
      title: "Not all of an earlier visit could be saved",
      sentence: [
        kept > 0 &&
          `${capital(counted(kept, "action was", "actions were"))} made as another player, whom this browser
          no longer knows. All of it stays here, and is sent if that player comes back.`,
        lost > 0 &&
          `${capital(counted(lost, "action was", "actions were"))} not accepted: the photo was changed or
          handed in elsewhere, or the game has been updated since. All of it stays in this browser.`,
      ]
        .filter((part) => part !== false)
        .map((part) => part.replace(/\s+/g, " "))
        .join(" "),
      action: { label: "Play on", run },
    }),
    changedElsewhere: (run: () => void): Notice => ({
      title: "This photo is open in another window",
      sentence:
        "It was edited or handed in there, so what you did last in this window was not saved. Load the page again to go on from where it stands.",
      action: { label: "Load again", run },
    }),
    notFound: (): Notice => ({
      title: "There is nothing here",
      sentence: "The study or the photo does not exist. Please check the address.",
    }),
    refused: (reason: string, run: () => void): Notice => ({
      title: "The server did not accept this",
      sentence: reason,
      action: { label: "Load again", run },
    }),
    noPhotoLeft: (done: number): Notice => ({
      title: done > 0 ? "That was the last photo" : "There is no photo to edit yet",
      sentence: done > 0 ? "Thank you! Everything is saved; you can close this page." : "Please come back later.",
      action: { label: "To the start", run: () => window.location.assign("/") },
    }),
  },
};

/** What a step does, in a few words for its cell in the film strip. */
export function describeStep(step: Step): string {
  const filter = filterOf(step);
  if (filter.curves.length > 0) return isNeutral(filter, step.parameters) ? "unchanged" : "curve";
  const shown = filter.parameters
    .map((parameter) => ({
      text: describeValue(parameter, step.parameters[parameter.name] ?? 0),
      neutral: describeValue(parameter, parameter.neutral),
    }))
    .filter(({ text, neutral }) => text !== neutral);
  return shown.length === 0 ? "unchanged" : shown.map(({ text }) => text).join(", ");
}
