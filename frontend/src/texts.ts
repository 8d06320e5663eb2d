/** Every text of the game that the contract does not hold, in one place; what only some pages say stands apart. */
import { describeValue, filterOf, isNeutral } from "./contract";
import type { Difference } from "./profile/layout";
import type { Notice, Step } from "./state";
import type { Phase } from "./tutorial/course";
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
  probability: (share: number) => `Chosen with a probability of ${percent(share)}.`,
  buttons: { back: "Back a step", on: "On a step", play: "Play", pause: "Pause", space: "Space" },
  keys: "Space plays, the arrows go step by step, B shows the original.",
};
