import { useLayoutEffect, useRef } from "preact/hooks";

/** A button of a row that scrolls sideways: it comes into view when it becomes the current one. */
export function useRevealed(current: boolean) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const row = button.current?.closest(".row");
    if (!current || !button.current || !row) return;
    // Not `scrollIntoView`, which would scroll the page as well.
    const [inner, outer] = [button.current.getBoundingClientRect(), row.getBoundingClientRect()];
    const margin = parseFloat(getComputedStyle(row).paddingLeft);
    row.scrollLeft += Math.max(0, inner.right + margin - outer.right) + Math.min(0, inner.left - margin - outer.left);
  }, [current]);
  return button;
}

/** A row that scrolls sideways: it stands at its start for each new photo. */
export function useRewound<Row extends HTMLElement>(photo: string | undefined) {
  const row = useRef<Row>(null);
  useLayoutEffect(() => {
    if (row.current !== null) row.current.scrollLeft = 0;
  }, [photo]);
  return row;
}
