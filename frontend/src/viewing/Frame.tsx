import { type ComponentChildren, render } from "preact";
import { NoticeCard, type Notice } from "../shared/NoticeCard";
import { pressHeldKeysOnce } from "../shared/heldKeys";
import { texts } from "../shared/texts";
import { pages } from "./api";
import { Darkroom } from "./darkroom";

/** Begins a page that draws photos, in the element `#app`; where the browser cannot draw them, says so. */
export function start(begin: (root: HTMLElement, darkroom: Darkroom) => void): void {
  const root = document.getElementById("app");
  if (root === null) return;
  pressHeldKeysOnce();
  try {
    begin(root, new Darkroom());
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    render(
      <Frame title="" page={texts.notices.noWebGL(() => window.location.reload())}>
        {null}
      </Frame>,
      root,
    );
  }
}

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
