import { expect, it } from "vitest";
import { contract } from "../src/game/contract";
import { barsOf, difference, mapOf, usualOrder } from "../src/profile/layout";
import { profileTexts } from "../src/profile/texts";
import type { Style } from "../src/viewing/api";

const style: Style = {
  pictures: 4,
  steps: 2.5,
  shares: { contrast: 1, exposure: 0.75, gamma: 0.25 },
  places: { contrast: 1.5, exposure: 1, gamma: 3 },
  brightness: 0.4,
  warmth: 0.05,
};

it("has a bar for each filter, and marks only of those whose style is known", () => {
  const bars = barsOf({ you: style, others: null, agent: { ...style, shares: {} } });
  expect(bars.map(({ slug }) => slug)).toEqual(contract.filters.map(({ slug }) => slug));
  expect(bars[0]?.shares).toEqual({ you: 0.75, agent: 0 });
});

it("takes as the usual order what is a habit, by the average place", () => {
  expect(usualOrder(style)).toEqual(["exposure", "contrast"]);
  expect(usualOrder({ ...style, shares: {}, places: {} })).toEqual([]);
});

it("says how two styles differ, and nothing of differences that nobody sees", () => {
  expect(difference(style, { ...style, brightness: 0.3, warmth: 0.1 })).toEqual({
    brightness: "brighter",
    warmth: "cooler",
  });
  expect(difference(style, { ...style, brightness: 0.41 })).toEqual({ brightness: "same", warmth: "same" });
  const { against } = profileTexts;
  expect(against.agent({ brightness: "brighter", warmth: "cooler" })).toBe("Brighter and cooler than the agent.");
  expect(against.agent({ brightness: "same", warmth: "same" })).toBe("As bright and as warm as the agent.");
});

it("keeps all points on the map, close ones close, alone in the middle", () => {
  const [alone] = mapOf({ you: style, others: null, agent: null });
  expect(alone?.x).toBeCloseTo(0.5, 9);
  expect(alone?.y).toBeCloseTo(0.5, 9);
  const far = mapOf({ you: style, others: { ...style, brightness: 0.9, warmth: -0.4 }, agent: style });
  for (const { x, y } of far) {
    expect(Math.min(x, y)).toBeGreaterThan(0);
    expect(Math.max(x, y)).toBeLessThan(1);
  }
  const near = mapOf({ you: style, others: { ...style, brightness: 0.41 }, agent: null });
  expect(Math.abs((near[0]?.y ?? 0) - (near[1]?.y ?? 1))).toBeLessThan(0.1);
});
