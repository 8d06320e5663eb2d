/** The reveal, from the element `#app`: `data-study` names the study, `data-photo` one photo, or none for all. */
import { render } from "preact";
import "./reveal.css";
import { Page } from "./Page";
import { RevealSession, createState } from "./session";
import { start } from "../viewing/start";

/** A letter marks its picture; whoever writes it with Ctrl or into a field means something else. */
function listenToLetters(session: RevealSession): void {
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
    const index = event.key.toLowerCase().charCodeAt(0) - "a".charCodeAt(0);
    if (index < 0) return;
    session.choose(index);
    document.querySelector<HTMLElement>(`input[name=favourite][value="${index}"]`)?.focus({ preventScroll: true });
  });
}

start((root, darkroom) => {
  const { study = "", photo = "" } = root.dataset;
  const state = createState();
  const session = new RevealSession(state, darkroom, study, photo);
  render(<Page state={state} session={session} between={photo !== ""} />, root);
  listenToLetters(session);
  void session.open();
});
