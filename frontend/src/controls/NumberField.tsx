import { useSignal } from "@preact/signals";
import { clampTo, type Parameter } from "../game/contract";
import { formatNumber } from "../shared/language";
import { readTyped } from "./input";
import { controlsTexts } from "./texts";

interface Props {
  readonly parameter: Parameter;
  readonly value: number;
  /** A value was typed. */
  readonly set: (value: number) => void;
}

/** By so much of the last decimal a typed number may lie beyond the range as it is shown. */
const ROUNDING = 0.5;

/**
 * The value as a number that can be typed over: taken on Enter or on leaving, left as it was on Escape. What lies
 * outside the range is held at its end, and the field says so.
 */
export function NumberField({ parameter, value, set }: Props) {
  const typed = useSignal<string | null>(null);
  /** What was wrong with what was typed, and the value that it left, as shown: once that changes, it is of no interest. */
  const hint = useSignal({ text: "", at: "" });
  const { factor, decimals, low, high, unit } = parameter;
  const print = (number: number) => formatNumber(number * factor, decimals);
  const highest = `${print(high)} ${unit}`.trim();
  const shown = print(value);

  const take = () => {
    const text = typed.value;
    typed.value = null;
    if (text === null || text === shown) return;
    const meant = readTyped(parameter, text);
    if (meant === null) {
      hint.value = { text: controlsTexts.notANumber(text), at: shown };
      return;
    }
    const held = clampTo(parameter, meant);
    const beyond = Math.max(meant - high, low - meant) * factor > ROUNDING * 10 ** -decimals;
    hint.value = { text: beyond ? controlsTexts.outOfRange(print(low), highest) : "", at: print(held) };
    set(held);
  };

  return (
    <>
      <input
        class="number"
        type="text"
        inputMode="decimal"
        autocomplete="off"
        aria-label={controlsTexts.number(parameter.label)}
        title={controlsTexts.range(print(low), highest)}
        value={typed.value ?? shown}
        onFocus={(event) => {
          hint.value = { text: "", at: "" };
          event.currentTarget.select();
        }}
        onInput={(event) => (typed.value = event.currentTarget.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === "Enter") take();
          if (event.key === "Escape") typed.value = null;
          if (event.key === "Enter" || event.key === "Escape") event.stopPropagation();
        }}
      />
      <span class="unit">{unit}</span>
      <span class="field-hint" role="status">
        {hint.value.at === shown && hint.value.text}
      </span>
    </>
  );
}
