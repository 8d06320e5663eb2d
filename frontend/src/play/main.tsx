/** The play page, from the element `#app` whose `data-study` names the study. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { Actions } from "./actions";
import { NoticePage } from "../shared/NoticeCard";
import { Page } from "./editor/Page";
import { Display } from "./display";
import { GestureMeter } from "./gesture";
import { Renderer } from "../gl/renderer";
import { listenToKeys } from "./keyboard";
import { Looking } from "./looking";
import { noticeFor } from "./notices";
import { Outbox } from "./outbox";
import "./styles/play.css";
import { Session } from "./session";
import { createState, shownSteps, type PlayState } from "./state";
import { openStore, type Store } from "./store";
import { pressHeldKeysOnce } from "../shared/heldKeys";
import { texts } from "../shared/texts";
import { playNotices } from "./texts";
import { Turn } from "./turn";

/** How long a window rests at its new size before that is noted. */
const RESIZED_MS = 1_000;

function listenToWindow(actions: Actions, session: Session, outbox: Outbox): void {
  let resized: ReturnType<typeof setTimeout> | undefined;
  window.addEventListener("blur", () => actions.attend("blur"));
  window.addEventListener("focus", () => actions.attend("focus"));
  window.addEventListener("online", () => session.reconnected());
  window.addEventListener("visibilitychange", () => {
    // A telephone may end a page that is out of sight, without a word, and tells nobody that it lost the focus.
    if (document.visibilityState === "hidden") actions.commit();
    actions.attend(document.visibilityState === "hidden" ? "blur" : "focus");
  });
  window.addEventListener("beforeunload", (event) => {
    // What is in this window alone would be lost.
    if (outbox.onlyInMemory.value && outbox.status.value.waiting > 0) event.preventDefault();
  });
  window.addEventListener("pagehide", () => {
    actions.commit();
    outbox.sendBeforeUnload();
  });
  window.addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(() => actions.viewChanged(), RESIZED_MS);
  });
}

/** Whether the visitor asked their browser to fetch little. */
function savesData(): boolean {
  const { connection } = navigator as Navigator & { readonly connection?: { readonly saveData?: boolean } };
  return connection?.saveData === true;
}

function reload(): void {
  window.location.reload();
}

/** The store; what stands in its way is said on the page. */
async function openStoreOf(state: PlayState, root: HTMLElement): Promise<Store> {
  const waits = () => render(<NoticePage notice={playNotices.waitsForOldWindow()} />, root);
  const outdated = () => (state.page.value = playNotices.stale(reload));
  return openStore(waits, outdated);
}

async function play(root: HTMLElement, renderer: Renderer): Promise<void> {
  const state = createState();
  const store = await openStoreOf(state, root);
  const outbox: Outbox = new Outbox(
    store,
    (...sent) => session.send(...sent),
    (episode, error) => session.refused(episode, error),
  );
  const turn = new Turn(async (late) => {
    if (!late) actions.commit();
    await session.leave();
  });
  const practice = new URLSearchParams(window.location.search).has("practice");
  const session = new Session(state, root.dataset.study ?? "", outbox, store, turn, practice);
  const meter = new GestureMeter();
  meter.listen(window);
  const actions = new Actions(state, session, meter);
  const display = new Display(state, renderer);
  const looking = new Looking(state, display);
  render(<Page play={{ state, actions, display, looking, saving: outbox.status }} />, root);
  listenToKeys(state, actions, looking);
  effect(() => {
    if (state.page.value === "playing" && display.wantsMore.value && !savesData()) void session.sharpen();
  });
  listenToWindow(actions, session, outbox);
  outbox.onlyInMemory.subscribe((only) => (state.onlyInMemory.value = only));
  window.safelight = {
    readPixels: () => renderer.readFloats(shownSteps(state)),
  };
  await session.open();
}

declare global {
  interface Window {
    /** For debugging: the edited picture, unclipped, RGBA, at the preview's size, rows from the top. */
    safelight?: { readPixels: () => { width: number; height: number; data: Float32Array } };
  }
}

pressHeldKeysOnce();
const root = document.getElementById("app");
if (root !== null) {
  try {
    play(root, new Renderer(document.createElement("canvas"))).catch((error: unknown) => {
      if (!(error instanceof Error)) throw error;
      render(<NoticePage notice={noticeFor(error, { again: reload, next: reload, isClosed: false })} />, root);
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(reason);
    render(<NoticePage notice={texts.notices.noWebGL(() => window.location.reload())} />, root);
  }
}
