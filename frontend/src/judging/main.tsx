/** The page on which pictures are judged, from the element `#app` whose `data-study` names the study. */
import { render } from "preact";
import { Visit } from "../answering/visit";
import { pressHeldKeysOnce } from "../shared/heldKeys";
import "./judging.css";
import { Page } from "./Page";
import { createState, JudgingSession, type JudgingState } from "./session";

/** Numbers choose, arrows move, Enter goes on; where a choice has the focus, the browser does the last two itself. */
function listenToKeys(state: JudgingState, session: JudgingSession): void {
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || state.trial.value === null) return;
    const isInForm = event.target instanceof HTMLInputElement || event.target instanceof HTMLButtonElement;
    const isMark = state.judging.value?.kind === "rating";
    if (/^[1-9]$/.test(event.key)) session.choose(Number(event.key) - (isMark ? 0 : 1));
    else if (isInForm || event.target instanceof HTMLAnchorElement) return;
    else if (event.key === "ArrowRight" || event.key === "ArrowDown") session.move(1);
    else if (event.key === "ArrowLeft" || event.key === "ArrowUp") session.move(-1);
    else if (event.key === "Enter" && !event.repeat) void session.confirm();
    else return;
    event.preventDefault();
  });
}

async function start(root: HTMLElement): Promise<void> {
  const state = createState();
  const visit = await Visit.begin(root.dataset.study ?? "");
  const session = new JudgingSession(state, visit);
  render(<Page state={state} session={session} visit={visit} />, root);
  listenToKeys(state, session);
  await session.open();
}

pressHeldKeysOnce();
const root = document.getElementById("app");
if (root !== null) void start(root);
