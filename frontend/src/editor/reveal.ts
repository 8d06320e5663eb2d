import { useLayoutEffect, useRef } from "preact/hooks";

/** A button of a row that scrolls: it comes into view when it becomes the current one. */
export function useRevealed(current: boolean) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (current) button.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [current]);
  return button;
}
