/** Keys that are held. */

/** What Enter or the space bar presses; in fields that are written in, they write. */
const PRESSED = "a, button, summary, input:not([type=text], [type=search], [type=password], [type=number])";

/**
 * From now on a key that is held presses once: its repeats would press whatever has got the focus meanwhile, such as
 * the button of a dialog that the first press has opened.
 */
export function pressHeldKeysOnce(): void {
  const stop = (event: KeyboardEvent) => {
    const isPress = event.key === "Enter" || event.key === " ";
    if (!event.repeat || !isPress || !(event.target instanceof Element) || !event.target.matches(PRESSED)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  // Before anything on the page hears of it.
  window.addEventListener("keydown", stop, { capture: true });
}
