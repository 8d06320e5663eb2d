import type { ComponentChildren } from "preact";
import { NoticeCard, type Notice } from "../shared/NoticeCard";
import { texts } from "../shared/texts";
import { pages } from "./api";

interface Props {
  readonly title: string;
  /** It waits, or a notice stands in its way; else it shows its content. */
  readonly page: "loading" | "showing" | Notice;
  /** Beside the title. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A page that is looked at: the name, what it is, and below it what it shows. */
export function Frame({ title, page, aside, children }: Props) {
  return (
    <>
      <header>
        <a class="brand" href={pages.start}>
          <span class="dot" aria-hidden="true" />
          {texts.brand}
        </a>
        <h1>{title}</h1>
        <span class="space" />
        {aside}
      </header>
      <main class={page === "showing" ? "viewing" : "alone"}>
        {typeof page === "object" && <NoticeCard notice={page} />}
        {page === "loading" && <p role="status">{texts.loading}</p>}
        {page === "showing" && children}
      </main>
    </>
  );
}
