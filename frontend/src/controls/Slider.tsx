import { useRef } from "preact/hooks";
import { describeValue, fromPosition, roundTo, toPosition, type Parameter } from "../game/contract";
import { nudged } from "./input";

interface Props {
  readonly parameter: Parameter;
  readonly value: number;
  /** The control moves; by keys, it may rest between presses. */
  readonly move: (value: number, byKeys: boolean) => void;
  /** The hand lets go. */
  readonly release: () => void;
}

/** As near to neutral as this share of the length, a hand that drags is taken to mean neutral. */
const SNAP = 0.012;

/** How far a finger goes until it is told whether it slides or scrolls the page, in pixels. */
const SLIP_PX = 8;

/** A finger on the slider. */
interface Finger {
  readonly pointer: number;
  readonly from: readonly [number, number];
  /** The value that it met. */
  readonly value: number;
  /** It goes along the slider, and no longer scrolls. */
  readonly slides: boolean;
  /** Where the browser would have put the thumb, so far. */
  readonly position: number | null;
}

function dragged(parameter: Parameter, position: number): number {
  if (Math.abs(position - toPosition(parameter, parameter.neutral)) < SNAP) return parameter.neutral;
  return roundTo(parameter, fromPosition(parameter, position));
}

type On<Kind extends Event> = Kind & { readonly currentTarget: HTMLInputElement };

/**
 * Handlers of a slider that is dragged. Browsers move the thumb to where a finger comes down, though it may go on to
 * scroll the page: the value waits until the finger goes along the slider, or leaves it without having moved.
 */
function useDrag({ parameter, value, move, release }: Props) {
  const finger = useRef<Finger | null>(null);

  /** The finger of that event, which leaves. */
  const leaving = (event: PointerEvent) => {
    const held = finger.current;
    if (held?.pointer !== event.pointerId) return null;
    finger.current = null;
    return held;
  };

  return {
    onInput: (event: On<InputEvent>) => {
      const slider = event.currentTarget;
      const position = slider.valueAsNumber;
      if (finger.current === null || finger.current.slides) move(dragged(parameter, position), false);
      else {
        finger.current = { ...finger.current, position };
        slider.valueAsNumber = toPosition(parameter, value);
      }
    },
    onChange: release,
    onPointerDown: (event: On<PointerEvent>) => {
      if (event.pointerType !== "touch" || finger.current !== null) return;
      const { pointerId: pointer, clientX, clientY } = event;
      finger.current = { pointer, from: [clientX, clientY], value, slides: false, position: null };
    },
    onPointerMove: (event: On<PointerEvent>) => {
      const held = finger.current;
      if (held?.pointer !== event.pointerId) return;
      const across = Math.abs(event.clientX - held.from[0]);
      const down = Math.abs(event.clientY - held.from[1]);
      if (across > SLIP_PX && across > down) finger.current = { ...held, slides: true };
    },
    onPointerUp: (event: On<PointerEvent>) => {
      const held = leaving(event);
      if (held === null) return;
      if (!held.slides && held.position !== null) move(dragged(parameter, held.position), false);
      release();
    },
    /** The page scrolls, or the system took the finger away: nothing was meant. */
    onPointerCancel: (event: On<PointerEvent>) => {
      const held = leaving(event);
      if (held === null) return;
      event.currentTarget.valueAsNumber = toPosition(parameter, held.value);
      if (held.slides) move(held.value, false);
      release();
    },
  };
}

/** A native slider over the parameter's scale. Keys move it by the parameter's own step, not by a share of its length. */
export function Slider(props: Props) {
  const { parameter, value, move, release } = props;
  const position = toPosition(parameter, value);
  const drag = useDrag(props);
  return (
    <input
      class="slider"
      type="range"
      min={0}
      max={1}
      step="any"
      value={position}
      aria-label={parameter.label}
      aria-valuetext={describeValue(parameter, value)}
      title={parameter.help}
      data-parameter={parameter.name}
      style={{ "--position": position, "--neutral": toPosition(parameter, parameter.neutral) }}
      {...drag}
      onKeyDown={(event) => {
        const target = nudged(parameter, value, event);
        if (target === null) return;
        event.preventDefault();
        move(target, true);
      }}
      onDblClick={() => {
        move(parameter.neutral, false);
        release();
      }}
    />
  );
}
