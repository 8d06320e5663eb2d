/** Every text of the play page that the contract does not hold, in one place. */
import { describeValue, filterOf, isNeutral } from "./contract";
import type { Notice, Step } from "./state";
import type { Phase } from "./tutorial/course";

const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight"];

function counted(count: number, one: string, many: string): string {
  return `${NUMBERS[count] ?? String(count)} ${count === 1 ? one : many}`;
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

  landing: {
    before: "as it came",
    after: "after five steps",
    slider: "Between the photo as it came and after five steps",
    steps: (said: string) => `Drawn in your browser: ${said}.`,
  },

  rest: {
    open: "Take a break",
    title: "Breaks are fine",
    done: (done: number, total: number) =>
      done === 0
        ? `Waiting for you: ${counted(total, "photo", "photos")}.`
        : `Handed in: ${counted(done, "photo", "photos")}. Still to come: ${counted(total - done, "photo", "photos")}.`,
    saved: "Everything that you did is saved, and this photo waits as you leave it.",
    unsaved: (waiting: number) =>
      `${counted(waiting, "action is", "actions are")} not saved yet. They are kept in this browser and sent when you come back.`,
    back: "Close this page whenever you like. Open it again in this browser, today or in some months, and go on.",
    stay: "Keep editing",
    leave: "To the start page",
  },

  tutorial: {
    label: "Practice",
    goal: "The goal",
    goalSaid: "The practice photo as it should look: bright, warm and full of colour",
    card: (place: number, count: number) => `Card ${place} of ${count}`,
    next: "Next",
    nextHint: "Next card (N)",
    tryFirst: "Try it first.",
    skip: "Skip the practice",
    /** By the card's name: its title, what it says first, and what it says when its filter is chosen. */
    cards: {
      welcome: {
        title: "Practice first",
        done: "The photo is dark, as light comes into a camera. Make it look like the goal: in about two minutes you know the game. Nothing counts here.",
      },
      exposure: {
        title: "More light",
        choose: "Choose Exposure among the filters.",
        set: "Drag its slider to the right until the photo is about as bright as the goal: near +1.3.",
      },
      gamma: {
        title: "The middle tones",
        choose: "Choose Gamma.",
        set: "It brightens what lies between black and white. Drag it to the left, to about 0.75.",
      },
      white_balance: {
        title: "The colour of the light",
        choose: "The photo is too blue. Choose White balance.",
        set: "Drag Temperature to the right, to about 20: warmer.",
      },
      saturation: {
        title: "Stronger colours",
        choose: "Choose Saturation.",
        set: "Drag it to about 30 %, and look at the balloon.",
      },
      contrast: {
        title: "The last of five steps",
        choose: "Choose Contrast.",
        set: "It moves dark and bright apart. Drag it to about 30 %: you are at the goal.",
      },
      black_white: {
        title: "Replace a step",
        choose:
          "All five steps are in use. Let another filter take the place of this one: press Replace, then Black & white.",
        set: "Drag it to the right: the colours go.",
      },
      remove: { title: "Remove a step", set: "That was worth a try. Press Remove step, and the colours are back." },
      tone: {
        title: "Dark, middle, bright",
        choose: "One place is free again. Choose Tone.",
        set: "It changes dark tones (on the left) and bright ones (on the right) apart. Drag one of them up or down.",
      },
      color: {
        title: "A curve for each colour",
        choose: "The last filter: press Replace, then Color.",
        set: "As Tone, but red, green and blue apart. Drag one of them a little.",
      },
      back: {
        title: "Go back",
        set: "Every step can be changed later. In the row of your steps, press the picture of step 1, Exposure.",
        done: "You are back at step 1. Move its slider if you like: the later steps follow.",
      },
      compare: { title: "Before and after", set: "Hold Before to see the photo as it came (or hold the key B)." },
      finish: {
        title: "Hand it in",
        set: "Press Finish for a last look, then Hand in. Then come the real photos. They have no goal: make them look as you like.",
      },
    } as Record<string, { readonly title: string } & Partial<Readonly<Record<Phase, string>>>>,
    /** What a card says when its task is done. */
    well: "Once you like it, press Next.",
  },

  notices: {
    practised: (photos: number, run: () => void): Notice => ({
      title: "You know the game now",
      sentence:
        photos === 0
          ? "The practice photo does not count. There are no photos to edit yet; please come back later."
          : `From here on it counts: ${counted(photos, "photo", "photos")}, one after another. There is no goal and no right answer, only how you like it. Everything is saved as you go, so take breaks as you wish.`,
      action: { label: photos === 0 ? "Look for photos" : "To the first photo", run },
    }),
    consentNeeded: (run: () => void): Notice => ({
      title: "Please read the study's text again",
      sentence:
        "It has changed since you agreed to it. What you did meanwhile is kept in this browser until you agree.",
      action: { label: "Read it", run },
    }),
    noWebGL: (): Notice => ({
      title: "This browser cannot draw the game",
      sentence:
        "The game needs WebGL 2. Please update the browser, switch on hardware acceleration, or try another one.",
    }),
    unreachable: (run: () => void): Notice => ({
      title: "No answer from the server",
      sentence: "Please check the connection. Nothing that you did is lost.",
      action: { label: "Try again", run },
    }),
    broken: (reason: string, run: () => void): Notice => ({
      title: "The photo cannot be shown",
      sentence: `Something is wrong with it: ${reason}.`,
      action: { label: "Try again", run },
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
