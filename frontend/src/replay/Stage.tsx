import { NOTHING_PAINTED } from "../gl/program";
import { useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { WHOLE, type Look } from "../gl/renderer";
import { replayTexts } from "./texts";
import type { Darkroom } from "../viewing/darkroom";
import type { Player } from "./player";
import type { Step } from "../game/contract";

interface Props {
  readonly player: Player;
  readonly darkroom: Darkroom;
}

/** The whole photo after these steps, and nothing else. */
function plainly(steps: readonly Step[]): Look {
  return { steps, clipping: NOTHING_PAINTED, area: WHOLE, split: null };
}

/** The photo at this moment of the film, as large as it goes. */
export function Stage({ player, darkroom }: Props) {
  const room = useRef<HTMLDivElement>(null);
  const { renderer } = darkroom;
  const { canvas } = renderer;
  const preview = player.preview.value;
  useLayoutEffect(() => {
    const element = room.current;
    if (element === null || preview === null) return;
    element.prepend(canvas);
    const fit = () => {
      const scale = Math.min(element.clientWidth / preview.width, element.clientHeight / preview.height);
      const [width, height] = [preview.width * scale, preview.height * scale];
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      canvas.width = Math.max(1, Math.round(width * window.devicePixelRatio));
      canvas.height = Math.max(1, Math.round(height * window.devicePixelRatio));
      renderer.draw(plainly(player.shown.peek()));
    };
    const observer = new ResizeObserver(fit);
    observer.observe(element);
    fit();
    return () => observer.disconnect();
  }, [preview]);
  useSignalEffect(() => {
    const steps = player.shown.value;
    if (darkroom.restored.value >= 0 && player.preview.value !== null) renderer.draw(plainly(steps));
  });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", replayTexts.canvas(player.comparing.value ? 0 : player.current.value));
  return <div class="room" ref={room} />;
}
