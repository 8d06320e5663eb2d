import type { Play } from "./play";

/** Handlers of a button that shows the original while it is held, by mouse, finger or keyboard. */
export function holdToCompare({ actions }: Play) {
  const on = () => actions.compare(true);
  const off = () => actions.compare(false);
  const isPress = (event: KeyboardEvent) => event.key === " " || event.key === "Enter";
  return {
    onPointerDown: on,
    onPointerUp: off,
    onPointerLeave: off,
    onPointerCancel: off,
    onBlur: off,
    onContextMenu: (event: Event) => event.preventDefault(),
    onKeyDown: (event: KeyboardEvent) => {
      if (!isPress(event)) return;
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat) on();
    },
    onKeyUp: (event: KeyboardEvent) => {
      if (isPress(event)) off();
    },
  };
}
