/** The play page, from the element `#app` whose `data-study` names the study. */
import { render } from "preact";
import { Actions } from "./actions";
import { postEvents } from "./api";
import { NoticeCard } from "./editor/NoticeCard";
import { Page } from "./editor/Page";
import { Display } from "./gl/display";
import { Renderer } from "./gl/renderer";
import { listenToKeys } from "./keyboard";
import { openStore, Outbox } from "./outbox";
import "./styles/play.css";
import { Session } from "./session";
import { createState, shownSteps } from "./state";
import { texts } from "./texts";

/** How long a window rests at its new size before that is noted. */
const RESIZED_MS = 1_000;

function listenToWindow(actions: Actions, outbox: Outbox): void {
  let resized: ReturnType<typeof setTimeout> | undefined;
  window.addEventListener("blur", () => actions.attend("blur"));
  window.addEventListener("focus", () => actions.attend("focus"));
  window.addEventListener("online", () => outbox.hurry());
  window.addEventListener("pagehide", () => {
    actions.commit();
    outbox.farewell();
  });
  window.addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(() => actions.viewChanged(), RESIZED_MS);
  });
}

async function play(root: HTMLElement, renderer: Renderer): Promise<void> {
  const state = createState();
  const outbox = new Outbox(await openStore(), postEvents, (episode, error) => session.refused(episode, error));
  const practice = new URLSearchParams(window.location.search).has("practice");
  const session = new Session(state, root.dataset.study ?? "", outbox, practice);
  const actions = new Actions(state, session);
  const display = new Display(state, renderer);
  render(<Page play={{ state, actions, display, saving: outbox.status }} />, root);
  listenToKeys(state, actions);
  listenToWindow(actions, outbox);
  window.safelight = {
    readPixels: () => renderer.readFloats(shownSteps(state)),
  };
  await outbox.load();
  await session.open();
}

declare global {
  interface Window {
    /** For debugging: the edited picture, unclipped, RGBA, at the preview's size, rows from the top. */
    safelight?: { readPixels: () => { width: number; height: number; data: Float32Array } };
  }
}

const root = document.getElementById("app");
if (root !== null) {
  try {
    void play(root, new Renderer(document.createElement("canvas")));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(reason);
    render(<NoticeCard notice={texts.notices.noWebGL()} />, root);
  }
}
