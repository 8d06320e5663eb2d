import { useSignal } from "@preact/signals";
import { clampTo, type Parameter } from "../contract";
import { texts } from "../texts";

interface Props {
  readonly parameter: Parameter;
  readonly value: number;
  /** A value was typed. */
  readonly set: (value: number) => void;
}

/** The value as a number that can be typed over: taken on Enter or on leaving, left as it was on Escape. */
export function NumberField({ parameter, value, set }: Props) {
  const typed = useSignal<string | null>(null);
  const { factor, decimals, low, high } = parameter;
  const shown = (value * factor).toFixed(decimals);

  const take = () => {
    const number = Number.parseFloat((typed.value ?? "").replace(",", "."));
    const changed = typed.value !== null && typed.value !== shown;
    typed.value = null;
    if (changed && Number.isFinite(number)) set(clampTo(parameter, number / factor));
  };

  return (
    <input
      class="number"
      type="text"
      inputMode="decimal"
      aria-label={texts.controls.number(parameter.label)}
      title={`${(low * factor).toFixed(decimals)} … ${(high * factor).toFixed(decimals)} ${parameter.unit}`.trim()}
      value={typed.value ?? shown}
      onFocus={(event) => event.currentTarget.select()}
      onInput={(event) => (typed.value = event.currentTarget.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === "Enter") take();
        if (event.key === "Escape") typed.value = null;
        if (event.key === "Enter" || event.key === "Escape") event.stopPropagation();
      }}
    />
  );
}
