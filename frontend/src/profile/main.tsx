/** The page of the visitor's own style, from the element `#app` whose `data-study` names the study. */
import { signal } from "@preact/signals";
import { render } from "preact";
import { pressHeldKeysOnce } from "../shared/heldKeys";
import "./profile.css";
import { getPersonalAgent, getStyles, pages } from "../viewing/api";
import { noticeFor } from "../viewing/notices";
import { viewingTexts } from "../viewing/texts";
import { Page, type ProfileState } from "./Page";

async function open(state: ProfileState, study: string): Promise<void> {
  state.page.value = "loading";
  try {
    const [styles, agent] = await Promise.all([getStyles(study), getPersonalAgent(study)]);
    state.styles.value = styles;
    state.agent.value = agent;
    const play = () => window.location.assign(pages.play(study));
    state.page.value = styles.you === null ? viewingTexts.notices.notPlayed(play) : "showing";
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    state.page.value = noticeFor(error, study, () => void open(state, study));
  }
}

pressHeldKeysOnce();
const root = document.getElementById("app");
if (root !== null) {
  const state: ProfileState = {
    page: signal<ProfileState["page"]["value"]>("loading"),
    styles: signal<ProfileState["styles"]["value"]>(null),
    agent: signal<ProfileState["agent"]["value"]>(null),
  };
  render(<Page state={state} />, root);
  void open(state, root.dataset.study ?? "");
}
