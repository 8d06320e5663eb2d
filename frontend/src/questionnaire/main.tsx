/** The page of a questionnaire, from the element `#app` whose `data-study` names the study. */
import { render } from "preact";
import { Visit } from "../answering/visit";
import { pressHeldKeysOnce } from "../shared/heldKeys";
import { Page } from "./Page";
import "./questionnaire.css";
import { createState, QuestionnaireSession } from "./session";

async function start(root: HTMLElement): Promise<void> {
  const state = createState();
  const visit = await Visit.begin(root.dataset.study ?? "");
  render(<Page state={state} visit={visit} />, root);
  await new QuestionnaireSession(state, visit, document.documentElement.lang).open();
}

pressHeldKeysOnce();
const root = document.getElementById("app");
if (root !== null) void start(root);
