/**
 * The start page's picture: the practice photo as it came and as five steps leave it, drawn by the game's own shader,
 * with a line between them that can be dragged.
 */
import { getPreview } from "../shared/api";
import { filterOf } from "../game/contract";
import { describeStep } from "../game/describe";
import { Renderer } from "../gl/renderer";
import { landingTexts } from "./texts";
import { GOAL } from "../tutorial/goal";
import { scaledTo } from "../shared/view";

/** The longer side of the pictures, in device pixels: the page shows them a little smaller. */
const EDGE = 1024;

function canvasOf(image: ImageData, name: string): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.className = name;
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

function labelled(text: string, name: string): HTMLElement {
  const label = document.createElement("span");
  label.className = name;
  label.textContent = text;
  return label;
}

/** A native slider over the whole picture: mouse, finger and keys move the line. */
function divider(picture: HTMLElement): HTMLInputElement {
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = "0";
  slider.max = "100";
  slider.value = "50";
  slider.ariaLabel = landingTexts.slider;
  const move = () => picture.style.setProperty("--share", `${slider.value}%`);
  slider.addEventListener("input", move);
  move();
  return slider;
}

async function show(figure: HTMLElement, picture: HTMLElement, preview: string): Promise<void> {
  const renderer = new Renderer(document.createElement("canvas"));
  const photo = await getPreview(preview);
  renderer.upload(photo);
  const size = scaledTo(EDGE, photo);
  const { before, after, steps } = landingTexts;
  picture.replaceChildren(
    canvasOf(renderer.picture(GOAL, ...size), "after"),
    canvasOf(renderer.picture([], ...size), "before"),
    labelled(before, "label left"),
    labelled(after, "label right"),
    divider(picture),
    labelled("", "line"),
  );
  const said = GOAL.map((step) => `${filterOf(step).label} ${describeStep(step)}`).join(" · ");
  const caption = figure.querySelector("figcaption");
  if (caption !== null) caption.textContent = steps(said);
}

const figure = document.querySelector<HTMLElement>("[data-preview]");
const picture = figure?.querySelector<HTMLElement>(".picture");
if (figure && picture) {
  show(figure, picture, figure.dataset.preview ?? "").catch((error: unknown) => {
    // The page is complete without it, and says so in its own words.
    console.info("the picture cannot be drawn:", error);
    picture.dataset.missing = "";
  });
}
