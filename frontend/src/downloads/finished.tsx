/** The page of a player's finished pictures: to each, the way to it at full size. */
import { render } from "preact";
import type { Download } from "../shared/api";
import { pressHeldKeysOnce } from "../shared/heldKeys";
import { DownloadButton } from "./DownloadButton";

pressHeldKeysOnce();
for (const element of document.querySelectorAll<HTMLElement>("[data-episode]")) {
  const { study = "", episode = "", downloads = "[]" } = element.dataset;
  const requested = JSON.parse(downloads) as readonly Download[];
  render(<DownloadButton study={study} episode={episode} requested={requested} />, element);
}
