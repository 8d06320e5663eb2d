/** A drawing of the page as a picture that can be saved and passed on. */

/** Twice as fine as on the page, for screens that are. */
const SCALE = 2;
/** What the style sheet says of a drawing: the picture has no style sheet, so its elements say it themselves. */
const STYLED = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-linecap",
  "stroke-linejoin",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
] as const;

function inline(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  for (const name of STYLED) to.setAttribute(name, style.getPropertyValue(name));
  Array.from(from.children).forEach((child, index) => {
    const copy = to.children[index];
    if (copy !== undefined) inline(child, copy);
  });
}

/** The drawing as SVG text that needs nothing around it. */
function standalone(drawing: SVGSVGElement): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  inline(drawing, copy);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new XMLSerializer().serializeToString(copy);
}

/** The drawing as a PNG. Throws where the browser cannot make one. */
export async function pictureOf(drawing: SVGSVGElement): Promise<File> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(drawing))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = SCALE * drawing.width.baseVal.value;
  canvas.height = SCALE * drawing.height.baseVal.value;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob === null) throw new Error("the browser made no picture");
  return new File([blob], "safelight-style.png", { type: blob.type });
}

/** Saves a file as a download of the page. */
export function save(file: File): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Whether the browser can pass pictures on to other programs. */
export function canShare(): boolean {
  const sample = new File([], "safelight-style.png", { type: "image/png" });
  return typeof navigator.canShare === "function" && navigator.canShare({ files: [sample] });
}

/** Passes a file on by the browser's own means. A person who thinks better of it has done nothing wrong. */
export async function share(file: File): Promise<void> {
  try {
    await navigator.share({ files: [file] });
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
  }
}
