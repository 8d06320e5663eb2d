/** Every text of the game that the contract does not hold, in one place; what only some pages say stands apart. */
import { describeValue, filterOf, isNeutral } from "./contract";
import type { Difference } from "./profile/layout";
import type { Notice, Step } from "./state";
import type { Whose } from "./viewing/api";

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
    tools: "Ways to look at the photo",
    split: "Split",
    splitHint: "Original on the left, your picture on the right; drag the line (S)",
    splitLine: "Where the original ends and your picture begins",
    splitAt: (share: number) => `original on ${Math.round(100 * share)} % of what is seen`,
    after: "After",
    fit: "Fit",
    fitHint: "The whole photo (0)",
    actual: "100 %",
    actualHint: "Each pixel of the photo as one of the screen, or the whole photo again (Z)",
    magnified: (scale: number) => `${Math.round(100 * scale)} %`,
    fullScreen: "Full screen",
    fullScreenHint: "Full screen (F)",
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
    rule: (used: number, maximum: number) => `${used} of ${maximum} steps, each filter once`,
    full: (maximum: number) => `${maximum} of ${maximum}: change, replace or remove one`,
    usedAs: (label: string, step: number) => `${label}, used as step ${step}`,
    isStep: (step: number) => `used already: this is step ${step}`,
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
    range: (low: string, high: string, unit: string) => `from ${low} to ${high} ${unit}`.trim(),
    outOfRange: (low: string, high: string, unit: string) => `It goes from ${low} to ${high} ${unit}`.trim() + ".",
    notANumber: (typed: string) => `“${typed}” is not a number; nothing was changed.`,
    reset: "Reset",
    resetCurve: (label: string) => `Reset the curve of ${label}`,
    point: (curve: string, input: string) => `${curve} at ${input} %`,
    pointHelp: "How bright the curve makes this level.",
    channels: "Which curve to bend",
    curves: { slope: "Tones", red: "Red", green: "Green", blue: "Blue" } as Record<string, string>,
    curveHint: "Drag a point up to brighten those tones, down to darken them.",
    colorHint: "Drag a point up for more of it in those tones, down for less.",
    dark: "dark",
    bright: "bright",
    picker: {
      start: "Pick a grey",
      stop: "Cancel",
      aim: "Click on something in the photo that should be a neutral grey.",
      aimByTouch: "Tap something in the photo that should be a neutral grey.",
      aimByKeys: "Arrow keys move the cross, Enter picks, Escape cancels.",
      label: "Choose the point of the photo that should be grey",
      grey: "That place is grey now.",
      beyond: "That place is too colourful to become grey; this is as near as it goes.",
      dark: "That place is too dark to tell its colour. Nothing was changed.",
    },
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
    steps: "Your steps",
    notCounted: "does not count",
    untouched: "No steps: the photo as it came.",
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
      ["Double-tap a slider", "set it back; a point of a curve, too"],
      ["Tap a number", "type a value"],
      ["Hold Before", "see the original"],
      ["Tap Split", "see both; drag the line"],
      ["Pinch, double-tap", "look closer; drag to move"],
      ["Tap Clipping", "show what is clipped"],
    ] as const,
    shortcuts: "Shortcuts",
    keys: [
      ["1 … 8", "choose a filter, or go to its step"],
      [", .", "to the step before, to the next"],
      ["← →", "nudge a slider or a point; with Shift ten times as far"],
      ["Page ↑ ↓", "move it ten nudges; Home and End, to its ends"],
      ["Tab", "to the next slider, point or button"],
      ["Ctrl Z", "undo; on a Mac, Cmd in place of Ctrl"],
      ["Ctrl Shift Z, Ctrl Y", "redo"],
      ["Delete", "remove the step"],
      ["R", "replace the step"],
      ["G", "pick a grey point, for white balance"],
      ["B", "hold to see the original"],
      ["S", "split: original and picture side by side"],
      ["0, Z", "the whole photo; its pixels at 100 %"],
      ["+ −, wheel", "look closer, or from farther away"],
      ["Drag, arrows", "move the photo when it is larger than its place"],
      ["F", "full screen"],
      ["J", "show what is clipped"],
      ["Enter", "Finish: a last look"],
      ["Esc", "close, cancel"],
      ["?", "this help"],
    ] as const,
  },

  notices: {
    noWebGL: (run: () => void): Notice => ({
      title: "This browser cannot draw the game",
      sentence:
        "The game needs WebGL 2. Please update the browser, switch on hardware acceleration, or open this page in another one. Nothing that you did is lost.",
      action: { label: "Try again", run },
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
    noPhotoYet: (): Notice => ({
      title: "There is no photo to edit yet",
      sentence: "Please come back later.",
      action: { label: "To the start", run: () => window.location.assign("/") },
    }),
    lastPhoto: (run: () => void): Notice => ({
      title: "That was the last photo",
      sentence: "Thank you! Everything is saved. If you like, see what your pictures have in common.",
      action: { label: "Your style", run },
    }),
    lastPhotoToReveal: (run: () => void): Notice => ({
      title: "That was the last photo",
      sentence: "Thank you! Everything is saved. Now see what others made of the same photos, side by side with yours.",
      action: { label: "Side by side", run },
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

/** Of the pages that show finished pictures. */
export const viewingTexts = {
  notices: {
    notPlayed: (run: () => void): Notice => ({
      title: "You have handed in no picture here",
      sentence: "This browser does not know you as a player who has finished a photo of this study.",
      action: { label: "Play", run },
    }),
    later: (run: () => void): Notice => ({
      title: "First the other photos",
      sentence: "What others made is shown when you have done them all, so that your pictures stay your own.",
      action: { label: "Go on playing", run },
    }),
    nothing: (run: () => void): Notice => ({
      title: "There is nothing to compare",
      sentence: "Nobody else has done these photos yet, or the study does not show what others made.",
      action: { label: "Your style", run },
    }),
    notFound: (run: () => void): Notice => ({
      title: "There is nothing here",
      sentence: "It does not exist, or it is not shown to everybody.",
      action: { label: "To the start", run },
    }),
    refused: (reason: string, run: () => void): Notice => ({
      title: "This cannot be shown",
      sentence: reason,
      action: { label: "To the start", run },
    }),
  },
};

export const revealTexts = {
  title: "Side by side",
  progress: (number: number, total: number) => `photo ${number} of ${total}`,
  question: "Which do you like best?",
  hint: (count: number) =>
    `The same photo, made by ${counted(count, "player", "players")}. One of them is you. Who made which is told when you have chosen.`,
  picture: (letter: string) => `Picture ${letter}`,
  steps: (letter: string) => `The steps of picture ${letter}`,
  untouched: "Left as it came.",
  chooseFirst: "Choose a picture",
  choose: (letter: string) => `I like ${letter} best`,
  skip: "Skip",
  makers: { you: "You", agent: "The agent", person: "Another player" },
  favourite: "your favourite",
  watch: "step by step",
  verdicts: {
    you: "You like your own best",
    agent: "You like the agent’s best",
    person: "You like another player’s best",
  },
  told: "Your choice is saved. This is who made which.",
  onward: { next: "Next photo", profile: "See your style", play: "Go on playing" },
};

const DIFFERENCES = { darker: "darker", brighter: "brighter", cooler: "cooler", warmer: "warmer" } as const;

function differs(whom: string, { brightness, warmth }: Difference): string {
  const words = [brightness, warmth].filter((word) => word !== "same").map((word) => DIFFERENCES[word]);
  return words.length === 0
    ? `As bright and as warm as ${whom}.`
    : `${words.join(" and ").replace(/^./, (letter) => letter.toUpperCase())} than ${whom}.`;
}

export const profileTexts = {
  title: "Your style",
  cardTitle: "My style",
  cardLabel: "Your style, drawn. The table below holds the same numbers.",
  counts: (pictures: number, steps: number) =>
    `${pictures} ${pictures === 1 ? "picture" : "pictures"}, ${steps.toFixed(1)} steps each`,
  about: (pictures: number) =>
    pictures === 1
      ? "From the one picture that you have handed in here."
      : `From the last ${pictures} pictures that you have handed in here.`,
  alone:
    "Others, and the agent, are not shown here: nobody else has done these photos, or the study keeps it for later.",
  order: "Usual order",
  noOrder: "none: each picture another way",
  use: "Filters, by the share of pictures",
  light: "Light",
  axes: { cool: "cool", warm: "warm", dark: "dark", bright: "bright" },
  me: "me",
  legend: { you: "you", others: "others", agent: "the agent" } as Record<Whose, string>,
  against: {
    others: (difference: Difference) => differs("others on the same photos", difference),
    agent: (difference: Difference) => differs("the agent", difference),
  },
  save: "Save as a picture",
  share: "Share",
  private: "The picture holds no name and no photo.",
  failed: "This browser could not make the picture.",
  numbers: {
    title: "In numbers",
    what: "Measure",
    pictures: "Pictures",
    steps: "Steps of a picture",
    brightness: "Mean brightness",
    warmth: "Red less blue",
    redLessBlue: (warmth: number) => `${warmth < 0 ? "−" : "+"}${Math.abs(100 * warmth).toFixed(1)} %`,
  },
  toStart: "To the start",
};

export const replayTexts = {
  title: "Step by step",
  picture: "The picture",
  canvas: (step: number) => (step === 0 ? texts.canvasOriginal : `The photo after step ${step}`),
  by: "by",
  byYou: "by you,",
  notHandedIn: "(not handed in)",
  place: (number: number, count: number) => `Step ${number} of ${count}`,
  original: (count: number) => `As it came, before ${counted(count, "step", "steps")}.`,
  untouched: "It was left as it came.",
  curves: "The curve, from dark to bright",
  buttons: { back: "Back a step", on: "On a step", play: "Play", pause: "Pause", space: "Space" },
  keys: "Space plays, the arrows go step by step, B shows the original.",
};
