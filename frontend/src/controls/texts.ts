/** What sliders, numbers and curves say. */
import { formatPercent } from "../shared/texts";
import { gettext } from "../shared/translation";

export const controlsTexts = {
  number: (label: string) => gettext("%(label)s, as a number", { label }),
  range: (low: string, high: string) => gettext("from %(low)s to %(high)s", { low, high }),
  outOfRange: (low: string, high: string) => gettext("It goes from %(low)s to %(high)s.", { low, high }),
  notANumber: (typed: string) => gettext("“%(typed)s” is not a number; nothing was changed.", { typed }),
  reset: gettext("Reset"),
  resetCurve: (label: string) => gettext("Reset the curve of %(label)s", { label }),
  point: (curve: string, level: number) => gettext("%(curve)s at %(level)s", { curve, level: formatPercent(level, 1) }),
  pointHelp: gettext("How bright the curve makes this level."),
  channels: gettext("Which curve to bend"),
  curves: { slope: gettext("Tones"), red: gettext("Red"), green: gettext("Green"), blue: gettext("Blue") } as Record<
    string,
    string
  >,
  curveHint: gettext("Drag a point up to brighten those tones, down to darken them."),
  colorHint: gettext("Drag a point up for more of it in those tones, down for less."),
  dark: gettext("dark"),
  bright: gettext("bright"),
};
