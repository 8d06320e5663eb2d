import { filterOf, type Step } from "../game/contract";
import { describeStep } from "../game/describe";
import { Pixels } from "../shared/Pixels";
import { texts } from "../shared/texts";
import type { Darkroom } from "../viewing/darkroom";
import { Frame } from "../viewing/Frame";
import type { Player } from "./player";
import { Stage } from "./Stage";
import { StepDetails } from "./StepDetails";
import { replayTexts } from "./texts";

function Cell({
  player,
  step,
  number,
}: {
  readonly player: Player;
  readonly step: Step | null;
  readonly number: number;
}) {
  const current = player.current.value === number;
  const [name, value] = step === null ? [texts.original, ""] : [filterOf(step).label, describeStep(step)];
  return (
    <li>
      <button
        type="button"
        class={current ? "cell current" : "cell"}
        aria-current={current ? "step" : undefined}
        aria-label={step === null ? name : texts.steps.step(number, name, value)}
        onClick={() => player.goto(number)}
      >
        <Pixels image={player.thumbnails.value[number]} />
        <span class="caption">
          {step !== null && <span class="index">{number}</span>} <span class="name">{name}</span>{" "}
          <span class="value">{value}</span>
        </span>
      </button>
    </li>
  );
}

/** Back, play or pause, on. */
function Buttons({ player }: { readonly player: Player }) {
  const [current, last] = [player.current.value, player.steps.length];
  const playing = player.playing.value;
  return (
    <div class="transport">
      <button
        type="button"
        aria-label={replayTexts.back}
        title={replayTexts.backHint}
        disabled={current === 0}
        onClick={() => player.goto(current - 1)}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M17 6v12l-8-6zM6 6h2v12H6z" />
        </svg>
      </button>
      <button
        type="button"
        class="primary"
        aria-label={playing ? replayTexts.pause : replayTexts.play}
        title={playing ? replayTexts.pauseHint : replayTexts.playHint}
        disabled={last === 0}
        onClick={() => player.toggle()}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d={playing ? "M7 5h4v14H7zM13 5h4v14h-4z" : "M8 5v14l11-7z"} />
        </svg>
      </button>
      <button
        type="button"
        aria-label={replayTexts.on}
        title={replayTexts.onHint}
        disabled={current === last}
        onClick={() => player.goto(current + 1)}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M7 6v12l8-6zM16 6h2v12h-2z" />
        </svg>
      </button>
    </div>
  );
}

function Film({ player, darkroom }: { readonly player: Player; readonly darkroom: Darkroom }) {
  const replay = player.replay.value;
  if (replay === null) return null;
  const { photo, steps } = replay;
  return (
    <div class="replay">
      <section class="stage" style={{ "--aspect": photo.width / photo.height }} aria-label={replayTexts.picture}>
        <Stage player={player} darkroom={darkroom} />
        <p class="credit">{texts.rights(photo.attribution, photo.licence)}</p>
      </section>
      <aside>
        <p class="by">
          {replay.own ? replayTexts.byYou(replay.player) : replayTexts.by(replay.player)}
          {!replay.handed_in && <span class="hint"> {replayTexts.notHandedIn}</span>}
        </p>
        <div aria-live="polite">
          <StepDetails step={steps[player.current.value - 1]} number={player.current.value} count={steps.length} />
        </div>
        <Buttons player={player} />
        <p class="hint keys">{replayTexts.keys}</p>
      </aside>
      <ol class="film" aria-label={texts.steps.label}>
        <Cell player={player} step={null} number={0} />
        {steps.map((step, index) => (
          <Cell key={step.filter} player={player} step={step} number={index + 1} />
        ))}
      </ol>
    </div>
  );
}

/** An episode, step by step. */
export function Page({ player, darkroom }: { readonly player: Player; readonly darkroom: Darkroom }) {
  const study = player.replay.value?.study;
  return (
    <Frame title={study === undefined ? replayTexts.title : `${replayTexts.title} · ${study}`} page={player.page.value}>
      <Film player={player} darkroom={darkroom} />
    </Frame>
  );
}
