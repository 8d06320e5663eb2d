import { beforeEach, describe, expect, it, vi } from "vitest";
import { Actions, type Recorder } from "../src/play/actions";
import { contract, type EventKind } from "../src/game/contract";
import { applyEvent } from "../src/game/rules";
import { createState, shownSteps } from "../src/play/state";
import type { GameEvent } from "../src/game/events";

/** A visit that plays by the rules, in memory. */
function visit() {
  const state = createState();
  const recorded: string[] = [];
  const gestures: unknown[] = [];
  const record = (kind: EventKind, details: Partial<GameEvent> = {}) => {
    const blank = { id: "", episode: "", step: null, filter: null, parameters: null, ms: 0, gesture: null };
    const version = { contract_version: contract.version };
    state.game.value = applyEvent(state.game.value, {
      ...blank,
      ...version,
      seq: state.game.value.nextSeq,
      kind,
      ...details,
    });
    recorded.push(kind);
    gestures.push(details.gesture);
  };
  const session: Recorder = {
    isOpen: true,
    record,
    recordView: () => record("view"),
    skipPractice: () => Promise.resolve(),
    submit: () => {
      record("submit");
      return Promise.resolve();
    },
  };
  record("start");
  recorded.length = 0;
  return { state, actions: new Actions(state, session), recorded, gestures };
}

let { state, actions, recorded, gestures } = visit();
beforeEach(() => {
  ({ state, actions, recorded, gestures } = visit());
});

const filters = () => state.game.value.position.steps.map((step) => step.filter);

describe("the palette", () => {
  it("adds behind the last step, wherever the cursor stands", () => {
    actions.choose("exposure");
    actions.choose("gamma");
    actions.goto(0);
    actions.choose("tone");
    expect(filters()).toEqual(["exposure", "gamma", "tone"]);
    expect(recorded).toEqual(["choose", "goto", "choose", "goto", "goto", "choose"]);
  });

  it("goes to the step of a filter that is used", () => {
    actions.choose("exposure");
    actions.choose("gamma");
    actions.choose("exposure");
    expect(state.game.value.position.cursor).toBe(0);
    expect(filters()).toEqual(["exposure", "gamma"]);
  });

  it("does nothing when all steps are in use, not even move the cursor", () => {
    for (const slug of ["exposure", "gamma", "tone", "contrast", "color"]) actions.choose(slug);
    actions.goto(1);
    recorded.length = 0;
    actions.choose("saturation");
    expect(recorded).toEqual([]);
  });

  it("replaces the current step where that was asked for, once", () => {
    actions.choose("exposure");
    actions.choose("gamma");
    actions.goto(0);
    actions.toggleReplacing();
    actions.choose("gamma");
    expect(filters()).toEqual(["exposure", "gamma"]);
    actions.choose("tone");
    expect(filters()).toEqual(["tone", "gamma"]);
    actions.choose("color");
    expect(filters()).toEqual(["tone", "gamma", "color"]);
  });
});

describe("a control that moves", () => {
  beforeEach(() => {
    actions.choose("exposure");
    recorded.length = 0;
  });

  it("shows each value and records the last, as one event", () => {
    for (const ev of [0.1, 0.5, 0.9]) actions.preview({ ev });
    expect(shownSteps(state)[0]?.parameters).toEqual({ ev: 0.9 });
    expect(recorded).toEqual([]);
    actions.commit();
    expect(recorded).toEqual(["adjust"]);
    expect(state.game.value.position.steps[0]?.parameters).toEqual({ ev: 0.9 });
  });

  it("records nothing when it comes back to where it was", () => {
    actions.preview({ ev: 1 });
    actions.preview({ ev: 0 });
    actions.commit();
    expect(recorded).toEqual([]);
  });

  it("is recorded before the next action", () => {
    actions.preview({ ev: 1 }, true);
    actions.undo();
    expect(recorded).toEqual(["adjust", "undo"]);
    expect(shownSteps(state)[0]?.parameters).toEqual({ ev: 0 });
  });

  it("by keys is recorded once they rest", () => {
    vi.useFakeTimers();
    actions.preview({ ev: 0.05 }, true);
    vi.advanceTimersByTime(500);
    actions.preview({ ev: 0.1 }, true);
    vi.advanceTimersByTime(500);
    expect(recorded).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(recorded).toEqual(["adjust"]);
    vi.useRealTimers();
  });
});

describe("how a control was moved", () => {
  it("is recorded with each adjust, of that gesture alone", () => {
    actions.choose("exposure");
    for (const ev of [0.1, 0.5, 0.3]) actions.preview({ ev });
    actions.commit();
    actions.preview({ ev: 1 });
    actions.commit();
    const [, , first, second] = gestures;
    expect(first).toMatchObject({ moves: 3, reversals: 1 });
    expect(second).toMatchObject({ moves: 1, reversals: 0 });
  });

  it("is forgotten with a draft that is dropped", () => {
    actions.choose("exposure");
    actions.preview({ ev: 0.1 });
    state.draft.value = null;
    actions.preview({ ev: 0.2 });
    actions.commit();
    expect(gestures.at(-1)).toMatchObject({ moves: 1 });
  });
});

describe("the focus of the page", () => {
  it("is recorded once, though a window that is hidden loses it too", () => {
    for (const kind of ["focus", "blur", "blur", "focus", "focus", "blur"] as const) actions.attend(kind);
    expect(recorded).toEqual(["blur", "focus", "blur"]);
  });
});

describe("going back", () => {
  it("walks from step to step, and to the place behind the last", () => {
    actions.choose("exposure");
    actions.choose("gamma");
    recorded.length = 0;
    for (const by of [-1, -1, -1, 1, 1, 1] as const) actions.walk(by);
    expect(recorded).toEqual(["goto", "goto", "goto"]);
    expect(state.game.value.position.cursor).toBe(2);
  });

  it("does not walk beyond the fifth step", () => {
    for (const slug of ["exposure", "gamma", "tone", "contrast", "color"]) actions.choose(slug);
    actions.walk(1);
    expect(state.game.value.position.cursor).toBe(4);
  });
});

describe("the grey-point picker", () => {
  beforeEach(() => {
    actions.choose("white_balance");
    recorded.length = 0;
  });

  it("sets temperature and tint as one event, and says how it went", () => {
    actions.togglePicker();
    expect(state.picker.value).toBe("aiming");
    actions.pickGrey([0.4, 0.4, 0.3]);
    expect(recorded).toEqual(["adjust"]);
    expect(state.game.value.position.steps[0]?.parameters).toEqual({ temperature: -0.29, tint: 0 });
    expect(state.picker.value).toBe("grey");
    actions.togglePicker();
    actions.pickGrey([0.4, 0.4, 0.04]);
    expect(state.picker.value).toBe("beyond");
  });

  it("changes nothing where it is too dark", () => {
    actions.togglePicker();
    actions.pickGrey([0.001, 0, 0]);
    expect(recorded).toEqual([]);
    expect(state.picker.value).toBe("dark");
  });

  it("is left by its button, by whatever else is done, and takes no colour then", () => {
    for (const leave of [() => actions.togglePicker(), () => actions.cancel(), () => actions.goto(1)]) {
      actions.goto(0);
      actions.togglePicker();
      leave();
      expect(state.picker.value).toBe("off");
    }
    actions.pickGrey([0.4, 0.4, 0.3]);
    expect(recorded).not.toContain("adjust");
  });

  it("no longer speaks of the last time once a slider moves", () => {
    actions.togglePicker();
    actions.pickGrey([0.4, 0.4, 0.3]);
    actions.preview({ temperature: 0.1, tint: 0 });
    expect(state.picker.value).toBe("off");
  });

  it("is there for white balance alone", () => {
    actions.choose("exposure");
    actions.togglePicker();
    expect(state.picker.value).toBe("off");
  });
});

describe("finishing", () => {
  it("says why it is not possible yet", () => {
    expect(actions.cannotFinish).toBe("empty");
    actions.choose("exposure");
    expect(actions.cannotFinish).toBe("unchanged");
    actions.finish();
    expect(state.dialog.value).toBeNull();
    actions.preview({ ev: 1 });
    expect(actions.cannotFinish).toBeNull();
    actions.finish();
    expect(state.dialog.value).toBe("finish");
  });

  it("hands in after the last look", async () => {
    actions.choose("exposure");
    actions.preview({ ev: 1 });
    await actions.submit();
    expect(recorded.slice(-2)).toEqual(["adjust", "submit"]);
    expect(state.game.value.status).toBe("submitted");
  });
});

it("undo and redo with nothing to undo or redo record nothing", () => {
  actions.undo();
  actions.redo();
  actions.remove();
  actions.reset();
  expect(recorded).toEqual([]);
});

it("comparing is recorded once for each time that it is held", () => {
  actions.compare(true);
  actions.compare(true);
  actions.compare(false);
  actions.compare(false);
  actions.compare(true);
  expect(recorded).toEqual(["compare", "compare"]);
});

it("splitting the picture is one event, and joining it none", () => {
  actions.toggleSplit();
  expect(state.split.value).toBe(0.5);
  state.split.value = 0.3;
  actions.toggleSplit();
  expect(state.split.value).toBeNull();
  expect(recorded).toEqual(["compare"]);
});
