/** A replay, from the element `#app` whose `data-episode` names the episode. */
import { batch } from "@preact/signals";
import { render } from "preact";
import { getPreview } from "../shared/api";
import "./replay.css";
import { getReplay } from "../viewing/api";
import type { Darkroom } from "../viewing/darkroom";
import { noticeFor } from "../viewing/notices";
import { Page } from "./Page";
import { Player } from "./player";
import { start } from "../viewing/start";

/** The longer side of a picture in the film strip, in pixels. */
const THUMBNAIL_EDGE = 288;

async function open(player: Player, darkroom: Darkroom, episode: string): Promise<void> {
  player.page.value = "loading";
  try {
    const replay = await getReplay(episode);
    const preview = await getPreview(replay.photo.preview_url);
    darkroom.renderer.upload(preview);
    const original = darkroom.picture(preview, [], THUMBNAIL_EDGE);
    const strip = darkroom.strip(preview, replay.steps, THUMBNAIL_EDGE);
    batch(() => {
      player.replay.value = replay;
      player.preview.value = preview;
      player.thumbnails.value = [original, ...strip];
      player.current.value = replay.steps.length;
      player.page.value = "showing";
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    player.page.value = noticeFor(error, "", () => void open(player, darkroom, episode));
  }
}

/** What a key does, if it does something here. */
function action(player: Player, event: KeyboardEvent): (() => void) | undefined {
  const pressing = event.target instanceof Element && event.target.matches("button, a");
  switch (event.key) {
    case " ":
      if (pressing) return undefined;
      return () => {
        if (!event.repeat) player.toggle();
      };
    case "ArrowLeft":
      return () => player.goto(player.current.peek() - 1);
    case "ArrowRight":
      return () => player.goto(player.current.peek() + 1);
    case "Home":
      return () => player.goto(0);
    case "End":
      return () => player.goto(player.steps.length);
    case "b":
    case "B":
      return () => (player.comparing.value = true);
    default:
      return undefined;
  }
}

function listenToKeys(player: Player): void {
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || player.page.peek() !== "showing") return;
    const act = action(player, event);
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  window.addEventListener("keyup", (event) => {
    if (event.key.toLowerCase() === "b") player.comparing.value = false;
  });
  window.addEventListener("blur", () => (player.comparing.value = false));
}

start((root, darkroom) => {
  const player = new Player(() => window.matchMedia("(prefers-reduced-motion: reduce)").matches);
  render(<Page player={player} darkroom={darkroom} />, root);
  listenToKeys(player);
  void open(player, darkroom, root.dataset.episode ?? "");
});
