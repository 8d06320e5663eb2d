import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { filterOf, isNeutral } from "../contract";
import { texts } from "../texts";
import { Break } from "./Break";
import { Pixels } from "./Pixels";
import type { Play } from "./play";
import { byTouch } from "./pointer";

interface SheetProps {
  readonly play: Play;
  readonly title: string;
  readonly kind: string;
  readonly children: ComponentChildren;
}

/** A native dialog: the rest of the page is inert, and Escape or a click beside it closes it. */
export function Sheet({ play, title, kind, children }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current;
    if (shown === null) return;
    shown.showModal();
    // It is read from its top, wherever the button stands that Enter presses.
    shown.querySelector<HTMLElement>(".dialog-buttons :last-child")?.focus({ preventScroll: true });
    shown.scrollTop = 0;
  }, []);
  const close = () => (play.state.dialog.value = null);
  return (
    <dialog
      ref={dialog}
      class={kind}
      aria-label={title}
      onClose={close}
      onClick={(event) => {
        if (event.target === event.currentTarget) close();
      }}
    >
      <div class="sheet">
        <h2>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

function Help({ play }: { readonly play: Play }) {
  const { help } = texts;
  const [heading, rows] = byTouch() ? [help.touches, help.gestures] : [help.shortcuts, help.keys];
  return (
    <Sheet play={play} title={help.title} kind="help">
      {help.lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
      <h3>{heading}</h3>
      <dl>
        {rows.map(([act, meaning]) => (
          <div key={act}>
            <dt>
              <kbd>{act}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <div class="dialog-buttons">
        <button type="button" onClick={() => (play.state.dialog.value = null)}>
          {texts.buttons.close}
        </button>
      </div>
    </Sheet>
  );
}

const LOOK_EDGE = 720;

/** Both pictures side by side, before the player lets go of theirs. */
function LastLook({ play }: { readonly play: Play }) {
  const { steps } = play.state.game.value.position;
  const { lastLook } = texts;
  const unchanged = steps.map((step) => ({ filter: filterOf(step), step }));
  const idle = unchanged.filter(({ filter, step }) => isNeutral(filter, step.parameters));
  const pictures = [
    [lastLook.before, play.display.picture([], LOOK_EDGE)],
    [lastLook.after, play.display.picture(steps, LOOK_EDGE)],
  ] as const;
  return (
    <Sheet play={play} title={lastLook.title} kind="last-look">
      <div class="pictures">
        {pictures.map(([label, image]) => (
          <figure key={label}>
            <Pixels image={image ?? undefined} label={label} />
            <figcaption>{label}</figcaption>
          </figure>
        ))}
      </div>
      {idle.length > 0 && <p>{lastLook.unchanged(idle.map(({ filter }) => filter.label).join(", "))}</p>}
      <p class="hint">{lastLook.final}</p>
      <div class="dialog-buttons">
        <button type="button" onClick={() => (play.state.dialog.value = null)}>
          {lastLook.back}
        </button>
        <button type="button" class="primary" onClick={() => void play.actions.submit()}>
          {lastLook.submit}
        </button>
      </div>
    </Sheet>
  );
}

export function Dialogs({ play }: { readonly play: Play }) {
  switch (play.state.dialog.value) {
    case "help":
      return <Help play={play} />;
    case "finish":
      return <LastLook play={play} />;
    case "break":
      return <Break play={play} />;
    case null:
      return null;
  }
}
