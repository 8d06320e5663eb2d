import { render } from "preact";
import { pressHeldKeysOnce } from "../shared/heldKeys";
import { texts } from "../shared/texts";
import { Darkroom } from "./darkroom";
import { Frame } from "./Frame";

/** Begins a page that draws photos, in the element `#app`; where the browser cannot draw them, says so. */
export function start(begin: (root: HTMLElement, darkroom: Darkroom) => void): void {
  const root = document.getElementById("app");
  if (root === null) return;
  pressHeldKeysOnce();
  try {
    begin(root, new Darkroom());
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    render(
      <Frame title="" page={texts.notices.noWebGL(() => window.location.reload())}>
        {null}
      </Frame>,
      root,
    );
  }
}
