import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { filterOf, isNeutral } from "../contract";
import { texts } from "../texts";
import { Pixels } from "./Pixels";
import type { Play } from "./play";

interface SheetProps {
  readonly play: Play;
  readonly title: string;
  readonly kind: string;
  readonly children: ComponentChildren;
}

/** A native dialog: the rest of the page is inert, and Escape or a click beside it closes it. */
function Sheet({ play, title, kind, children }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
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
  return (
    <Sheet play={play} title={texts.help.title} kind="help">
      {texts.help.lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
      <h3>{texts.help.shortcuts}</h3>
      <dl>
        {texts.help.keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
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
        <button type="button" class="primary" autofocus onClick={() => void play.actions.submit()}>
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
    case null:
      return null;
  }
}
