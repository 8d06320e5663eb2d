import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { filterOf, isNeutral, type Step } from "../../game/contract";
import { describeStep } from "../../game/describe";
import { Pixels } from "../../shared/Pixels";
import type { Play } from "./play";
import { byTouch } from "../../shared/touch";
import { editorTexts } from "./texts";

/** How far the player is, and that they can leave and come back. */
export function Break({ play }: { readonly play: Play }) {
  const { progress, dialog } = play.state;
  const { done, total } = progress.value ?? { done: 0, total: 0 };
  const { waiting } = play.saving.value;
  const { rest } = editorTexts;
  return (
    <Sheet play={play} title={rest.title} kind="rest">
      {total > 0 && <progress value={done} max={total} aria-label={editorTexts.progressLabel(done, total)} />}
      {total > 0 && <p>{rest.done(done, total)}</p>}
      <p role="status">{waiting > 0 ? rest.unsaved(waiting) : rest.saved}</p>
      <p class="hint">{rest.back}</p>
      <div class="dialog-buttons">
        <a class="button" href="/">
          {rest.leave}
        </a>
        <button type="button" class="primary" onClick={() => (dialog.value = null)}>
          {rest.stay}
        </button>
      </div>
    </Sheet>
  );
}

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
  const { help } = editorTexts;
  const study = play.state.study.value;
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
      {study?.consent != null && (
        <p>
          <a href={`/play/${study.slug}/text/`} target="_blank" rel="noopener">
            {help.agreed}
          </a>
        </p>
      )}
      <div class="dialog-buttons">
        <button type="button" onClick={() => (play.state.dialog.value = null)}>
          {editorTexts.buttons.close}
        </button>
      </div>
    </Sheet>
  );
}

/** As large as previews are. */
const LOOK_EDGE = 1024;

/** Each step by its name and what it does; those that do nothing are dropped. */
function NamedSteps({ steps }: { readonly steps: readonly Step[] }) {
  const { lastLook } = editorTexts;
  if (steps.length === 0) return <p>{lastLook.untouched}</p>;
  return (
    <ol class="named-steps" aria-label={lastLook.steps}>
      {steps.map((step, index) => (
        <li key={step.filter} class={isNeutral(filterOf(step), step.parameters) ? "idle" : ""}>
          <span class="index">{index + 1}</span> {filterOf(step).label}{" "}
          <span class="value">
            {isNeutral(filterOf(step), step.parameters) ? lastLook.notCounted(describeStep(step)) : describeStep(step)}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** Both pictures side by side, before the player lets go of theirs. */
function LastLook({ play }: { readonly play: Play }) {
  const { steps } = play.state.game.value.position;
  const { lastLook } = editorTexts;
  const { width, height } = play.state.preview.value ?? { width: 3, height: 2 };
  const aspect = width / height;
  const pictures = [
    [lastLook.before, play.display.picture([], LOOK_EDGE)],
    [lastLook.after, play.display.picture(steps, LOOK_EDGE)],
  ] as const;
  return (
    <Sheet play={play} title={lastLook.title} kind="last-look">
      <div class={aspect < 1 ? "pictures" : "pictures stacked"} style={{ "--aspect": aspect }}>
        {pictures.map(([label, image]) => (
          <figure key={label}>
            <Pixels image={image ?? undefined} label={label} />
            <figcaption>{label}</figcaption>
          </figure>
        ))}
      </div>
      <NamedSteps steps={steps} />
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
