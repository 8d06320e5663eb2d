import { beforeEach, describe, expect, it, vi } from "vitest";
import { GestureMeter } from "../src/play/gesture";

/** A page on which things happen. */
function page() {
  const listeners = new Map<string, (event: Event) => void>();
  const target = {
    addEventListener: (type: string, listener: (event: Event) => void) => void listeners.set(type, listener),
  };
  const happens = (type: string, fields: { pointerType?: string; isTrusted?: boolean } = {}) =>
    listeners.get(type)?.({ type, isTrusted: true, ...fields } as unknown as Event);
  return { target: target as unknown as EventTarget, happens };
}

let { target, happens } = page();
let meter = new GestureMeter();
beforeEach(() => {
  ({ target, happens } = page());
  meter = new GestureMeter();
  meter.listen(target);
  meter.begin();
});

/** Moves one parameter through these values. */
function through(...values: number[]) {
  values.slice(1).forEach((value, index) => meter.move({ ev: values[index] ?? 0 }, { ev: value }));
}

describe("the record of a gesture", () => {
  it("counts values and how often it turned back", () => {
    happens("pointerdown", { pointerType: "mouse" });
    through(0, 0.5, 1, 0.8, 0.8, 0.7, 0.9);
    expect(meter.gesture).toMatchObject({ device: "mouse", moves: 5, reversals: 2, trusted: true });
  });

  it("takes its time from the first value to the last", () => {
    vi.useFakeTimers();
    meter.move({ ev: 0 }, { ev: 1 });
    vi.advanceTimersByTime(230);
    meter.move({ ev: 1 }, { ev: 2 });
    vi.advanceTimersByTime(600);
    expect(meter.gesture.ms).toBe(230);
    vi.useRealTimers();
  });

  it.each([
    ["touch", "pointerdown", { pointerType: "touch" }],
    ["pen", "pointermove", { pointerType: "pen" }],
    ["keyboard", "keydown", {}],
    ["other", "input", {}],
    ["other", "click", { pointerType: "" }],
  ])("says %s where that moved the control", (device, type, fields) => {
    happens(type, fields);
    through(0, 1);
    expect(meter.gesture.device).toBe(device);
  });

  it("is not trusted once a program has moved the control, and the next one is its own", () => {
    happens("pointerdown", { pointerType: "mouse" });
    through(0, 1);
    happens("input", { isTrusted: false });
    through(1, 2);
    happens("input");
    through(2, 3);
    expect(meter.gesture.trusted).toBe(false);
    meter.begin();
    through(3, 4);
    expect(meter.gesture).toMatchObject({ moves: 1, reversals: 0, trusted: true });
  });

  it("turns back where the point of a curve does, which moves several values at once", () => {
    meter.move({ a: 1, b: 1 }, { a: 1.2, b: 0.9 });
    meter.move({ a: 1.2, b: 0.9 }, { a: 1.1, b: 0.95 });
    expect(meter.gesture).toMatchObject({ moves: 2, reversals: 1 });
  });
});
