import { expect, it } from "vitest";
import { wheelFactor } from "../src/play/editor/gestures";

it.each([
  ["a notch of a wheel", { deltaMode: 0, deltaY: -100, ctrlKey: false }, 1.19],
  ["a notch with Ctrl, no more than that", { deltaMode: 0, deltaY: -120, ctrlKey: true }, 1.23],
  ["three lines with Ctrl", { deltaMode: 1, deltaY: 3, ctrlKey: true }, 0.92],
  ["a pinch on a touchpad", { deltaMode: 0, deltaY: -8, ctrlKey: true }, 1.07],
])("%s brings the photo nearer by a little", (_, event, factor) => {
  expect(wheelFactor(event)).toBeCloseTo(factor, 2);
});
