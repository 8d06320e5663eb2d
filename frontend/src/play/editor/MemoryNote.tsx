import { texts } from "../../shared/texts";
import type { Play } from "./play";

/** Tells, once, whose browser keeps nothing, and what follows from that. */
export function MemoryNote({ play }: { readonly play: Play }) {
  const { onlyInMemory } = play.state;
  if (!onlyInMemory.value) return null;
  return (
    <div class="memory-note" role="alert">
      <p>{texts.onlyInMemory.sentence}</p>
      <button type="button" onClick={() => (onlyInMemory.value = false)}>
        {texts.onlyInMemory.understood}
      </button>
    </div>
  );
}
