import { expect, it } from "vitest";
import { contract } from "../src/game/contract";
import { barsOf, difference, mapOf, usualOrder } from "../src/profile/layout";
import { profileTexts } from "../src/profile/texts";
import type { OthersStyle, Style } from "../src/viewing/api";

const style: Style = {
  pictures: 4,
  steps: 2.5,
  shares: { contrast: 1, exposure: 0.75, gamma: 0.25 },
  places: { contrast: 1.5, exposure: 1, gamma: 3 },
  brightness: 0.4,
  warmth: 0.05,
};

/** Others, who differ like this from what the player did to the same seven photos. */
function others(differences: Partial<Style> = {}, you: Style = style): OthersStyle {
  return { ...you, ...differences, photos: 7, you };
}

it("has a bar for each filter, and marks only of those whose style is known", () => {
  const bars = barsOf({ you: style, others: null, agent: others({ shares: {} }) });
  expect(bars.map(({ slug }) => slug)).toEqual(contract.filters.map(({ slug }) => slug));
  expect(bars[0]?.shares).toEqual({ you: 0.75, agent: 0 });
});

it("marks others as far from one's own as they differ on the same photos", () => {
  const onTheSame = { ...style, shares: { contrast: 0.5 }, brightness: 0.2, warmth: 0 };
  const same = others({}, onTheSame);
  const bars = barsOf({ you: style, others: same, agent: others({ shares: { contrast: 1 } }, onTheSame) });
  expect(bars.find(({ slug }) => slug === "contrast")?.shares).toEqual({ you: 1, others: 1, agent: 1 });
  expect(bars.find(({ slug }) => slug === "exposure")?.shares).toEqual({ you: 0.75, others: 0.75, agent: 0.75 });
  const [you, beside] = mapOf({ you: style, others: same, agent: null });
  expect(beside?.x).toBeCloseTo(you?.x ?? -1, 9);
  expect(beside?.y).toBeCloseTo(you?.y ?? -1, 9);
  expect(difference(same)).toEqual({ brightness: "same", warmth: "same" });
});

it("takes as the usual order what is a habit, by the average place", () => {
  expect(usualOrder(style)).toEqual(["exposure", "contrast"]);
  expect(usualOrder({ ...style, shares: {}, places: {} })).toEqual([]);
});

it("says how two styles differ, and nothing of differences that nobody sees", () => {
  expect(difference(others({ brightness: 0.3, warmth: 0.1 }))).toEqual({
    brightness: "brighter",
    warmth: "cooler",
  });
  expect(difference(others({ brightness: 0.41 }))).toEqual({ brightness: "same", warmth: "same" });
  const { against } = profileTexts;
  expect(against.agent({ brightness: "brighter", warmth: "cooler" }, 7)).toBe(
    "Brighter and cooler than the agent on the same 7 photos.",
  );
  expect(against.others({ brightness: "same", warmth: "same" }, 5)).toBe(
    "As bright and as warm as others on the same 5 photos.",
  );
});

it("keeps all points on the map, close ones close, alone in the middle", () => {
  const [alone] = mapOf({ you: style, others: null, agent: null });
  expect(alone?.x).toBeCloseTo(0.5, 9);
  expect(alone?.y).toBeCloseTo(0.5, 9);
  const far = mapOf({ you: style, others: others({ brightness: 0.9, warmth: -0.4 }), agent: others() });
  for (const { x, y } of far) {
    expect(Math.min(x, y)).toBeGreaterThan(0);
    expect(Math.max(x, y)).toBeLessThan(1);
  }
  const near = mapOf({ you: style, others: others({ brightness: 0.41 }), agent: null });
  expect(Math.abs((near[0]?.y ?? 0) - (near[1]?.y ?? 1))).toBeLessThan(0.1);
});
