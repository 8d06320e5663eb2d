import { useLayoutEffect, useRef } from "preact/hooks";

interface Props {
  readonly image: ImageData | ImageBitmap | undefined;
  /** What it shows, for those who do not see it; none where the text beside says so. */
  readonly label?: string;
}

/** A picture that has been drawn or decoded already. */
export function Pixels({ image, label }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current === null) return;
    // Setting its size empties it too: no picture is no picture, not the last one.
    canvas.current.width = image?.width ?? canvas.current.width;
    canvas.current.height = image?.height ?? canvas.current.height;
    const context = canvas.current.getContext("2d");
    if (image instanceof ImageData) context?.putImageData(image, 0, 0);
    else if (image !== undefined) context?.drawImage(image, 0, 0);
  }, [image]);
  const description =
    label === undefined ? ({ "aria-hidden": "true" } as const) : { role: "img" as const, "aria-label": label };
  return <canvas ref={canvas} class="pixels" {...description} />;
}
