/** Whether the visitor points with a finger, so that double-clicks and keys are not what to speak of. */
export function byTouch(): boolean {
  return window.matchMedia("(pointer: coarse)").matches;
}
