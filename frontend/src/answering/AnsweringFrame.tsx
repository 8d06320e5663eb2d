import type { ReadonlySignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Notice } from "../shared/NoticeCard";
import { Frame } from "../viewing/Frame";
import type { Saving } from "./queue";
import { answeringTexts } from "./texts";

/** A task is loaded, done, on its way to the server, or something stands in its way. */
export type PageState = "loading" | "showing" | "sending" | Notice;

function savingText({ state, waiting }: Saving): string {
  const { saving } = answeringTexts;
  return state === "offline" || state === "unanswered" ? saving[state](waiting) : saving[state];
}

interface Props {
  readonly title: string;
  readonly page: PageState;
  readonly saving: ReadonlySignal<Saving>;
  /** How far the visitor is, in words. */
  readonly progress?: string;
  readonly children: ComponentChildren;
}

/** The page of a task: its name, how far the visitor is, and whether all is saved; below it the task. */
export function AnsweringFrame({ title, page, saving, progress = "", children }: Props) {
  const { state } = saving.value;
  const aside = (
    <>
      {progress !== "" && <span class="count">{progress}</span>}
      <span class="status" data-state={state} role="status">
        <span class="mark" aria-hidden="true" />
        <span class="words">{savingText(saving.value)}</span>
      </span>
    </>
  );
  return (
    <Frame title={title} page={page === "sending" ? "showing" : page} aside={aside}>
      {page === "sending" ? (
        <div class="sending" role="status">
          <p>{answeringTexts.sending}</p>
          {state === "offline" && <p>{answeringTexts.waits}</p>}
        </div>
      ) : (
        children
      )}
    </Frame>
  );
}
