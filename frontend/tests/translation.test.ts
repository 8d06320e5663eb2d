/** With the catalogue that a page loads; all other tests go without, and are English. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const GERMAN: Readonly<Record<string, string | readonly string[]>> = {
  Exposure: "Belichtung",
  cooler: "kühler",
  warmer: "wärmer",
  "Step %(number)s of %(count)s": "Von %(count)s Schritten der %(number)s.",
  "%(count)s step left": ["noch ein Schritt", "noch %(count)s Schritte"],
  "a film\u0004Play": "Abspielen",
};

/** As Django's script leaves it. */
const django = {
  gettext: (message: string) => String(GERMAN[message] ?? message),
  ngettext: (one: string, many: string, count: number) =>
    GERMAN[one]?.[count === 1 ? 0 : 1] ?? (count === 1 ? one : many),
  pgettext: (context: string, message: string) => String(GERMAN[`${context}\u0004${message}`] ?? message),
};

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

describe("with a catalogue", () => {
  beforeEach(() => {
    vi.stubGlobal("django", django);
    vi.stubGlobal("document", { documentElement: { lang: "de" } });
  });

  it("says what stands there, with values at their named places", async () => {
    const { gettext, ngettext, pgettext } = await import("../src/shared/translation");
    expect(gettext("Step %(number)s of %(count)s", { number: 2, count: 5 })).toBe("Von 5 Schritten der 2.");
    expect(ngettext("%(count)s step left", "%(count)s steps left", 1)).toBe("noch ein Schritt");
    expect(ngettext("%(count)s step left", "%(count)s steps left", 3)).toBe("noch 3 Schritte");
    expect(pgettext("a film", "Play")).toBe("Abspielen");
  });

  it("says in English what does not stand there", async () => {
    const { gettext, ngettext, pgettext } = await import("../src/shared/translation");
    expect(gettext("%(photo)s is handed in.", { photo: "100 %(photo)s" })).toBe("100 %(photo)s is handed in.");
    expect(ngettext("%(count)s photo", "%(count)s photos", 2)).toBe("2 photos");
    expect(pgettext("a game", "Play")).toBe("Play");
  });

  it("names filters and writes numbers as the language does", async () => {
    const { describeValue, findFilter } = await import("../src/game/contract");
    const exposure = findFilter("exposure");
    const temperature = findFilter("white_balance")?.parameters[0];
    const ev = exposure?.parameters[0];
    if (ev === undefined || temperature === undefined) throw new Error("the contract has changed");
    expect(exposure?.label).toBe("Belichtung");
    expect(describeValue(ev, 1.9)).toBe("+1,90 EV");
    expect(describeValue(ev, -1.25)).toBe("\u22121,25 EV");
    expect(describeValue(temperature, -0.12)).toBe("kühler 12");
  });

  it("reads numbers and words as it writes them", async () => {
    const { findFilter } = await import("../src/game/contract");
    const { readTyped } = await import("../src/controls/input");
    const temperature = findFilter("white_balance")?.parameters[0];
    if (temperature === undefined) throw new Error("the contract has changed");
    expect(readTyped(temperature, "kühler 12")).toBeCloseTo(-0.12, 9);
    expect(readTyped(temperature, "Wärmer 1,5")).toBeCloseTo(0.015, 9);
  });
});

it("is English, numbers too, on a page whose catalogue could not be loaded", async () => {
  vi.stubGlobal("document", { documentElement: { lang: "de" } });
  const { gettext } = await import("../src/shared/translation");
  const { formatNumber } = await import("../src/shared/language");
  expect(gettext("Step %(number)s of %(count)s", { number: 2, count: 5 })).toBe("Step 2 of 5");
  expect(formatNumber(1.25, 2)).toBe("1.25");
});

it("rounds as the exact value of a number says, as Python does", async () => {
  const { formatNumber } = await import("../src/shared/language");
  expect(formatNumber(1.005, 2)).toBe("1.00");
  expect(formatNumber(-0.4, 0)).toBe("0");
  expect(formatNumber(12345.678, 1)).toBe("12345.7");
});
