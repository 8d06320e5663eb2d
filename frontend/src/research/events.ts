/**
 * The replay of every event of an episode, with its times: the picture as it stood after each, by the rules and the
 * shader of the game. The table of events is the server's; this draws the picture, and moves along.
 */
import type { GameEvent } from "../game/events";
import { applyEvent, EMPTY_GAME, type Game } from "../game/rules";
import { NOTHING_PAINTED } from "../gl/program";
import { WHOLE } from "../gl/renderer";
import { getPreview } from "../shared/api";
import type { components } from "../shared/api-schema";
import { Darkroom } from "../viewing/darkroom";
import { shortened, timeAt } from "./pace";

interface Recorded {
  readonly photo: components["schemas"]["Photo"];
  readonly events: readonly GameEvent[];
}

function find<E extends Element>(selector: string, kind: new () => E): E {
  const element = document.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`the page has no ${selector}`);
  return element;
}

/** The episode after each of its events; untouched pictures were handed in where the study allowed it. */
function statesOf(events: readonly GameEvent[]): Game[] {
  const states: Game[] = [];
  for (const event of events) states.push(applyEvent(states.at(-1) ?? EMPTY_GAME, event, true));
  return states;
}

class Film {
  private readonly play = find("[data-play]", HTMLButtonElement);
  private readonly scrub = find("[data-scrub]", HTMLInputElement);
  private readonly speed = find("[data-speed]", HTMLSelectElement);
  private readonly shorten = find("[data-shorten]", HTMLInputElement);
  private readonly clock = find("[data-time]", HTMLOutputElement);
  private readonly states: readonly Game[];
  private current = -1;
  private frame = 0;

  constructor(
    private readonly recorded: Recorded,
    private readonly draw: (game: Game) => void,
  ) {
    this.states = statesOf(recorded.events);
    this.scrub.max = String(recorded.events.length - 1);
    this.play.addEventListener("click", () => (this.frame === 0 ? this.start() : this.stop()));
    this.scrub.addEventListener("input", () => this.goto(Number(this.scrub.value)));
    document.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-goto]") : null;
      if (button !== null) this.goto(Number(button.dataset["goto"]));
    });
    this.show(recorded.events.length - 1);
  }

  /** Shows the picture after an event, and stops there. */
  private goto(seq: number): void {
    this.stop();
    this.show(seq);
  }

  private show(seq: number): void {
    const [state, event] = [this.states[seq], this.recorded.events[seq]];
    if (state === undefined || event === undefined || seq === this.current) return;
    document.querySelector(`[data-seq="${this.current}"]`)?.removeAttribute("aria-current");
    this.current = seq;
    const row = document.querySelector(`[data-seq="${seq}"]`);
    row?.setAttribute("aria-current", "true");
    row?.scrollIntoView({ block: "nearest" });
    this.scrub.value = String(seq);
    this.clock.value = timeAt(event.ms);
    this.scrub.setAttribute("aria-valuetext", `event ${seq}, ${event.kind}, at ${timeAt(event.ms)}`);
    this.draw(state);
  }

  private start(): void {
    if (this.current >= this.states.length - 1) this.show(0);
    const times = shortened(
      this.recorded.events.map(({ ms }) => ms),
      this.shorten.checked ? 2000 : Infinity,
    );
    const from = times[this.current] ?? 0;
    const began = performance.now();
    this.play.textContent = "Pause";
    const tick = () => {
      const reached = from + (performance.now() - began) * Number(this.speed.value);
      let next = this.current;
      while ((times[next + 1] ?? Infinity) <= reached) next += 1;
      this.show(next);
      if (next < times.length - 1) this.frame = requestAnimationFrame(tick);
      else this.stop();
    };
    this.frame = requestAnimationFrame(tick);
  }

  private stop(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.play.textContent = "Play";
  }
}

/** Draws a state as large as the page has room for it. */
async function open(root: HTMLElement): Promise<void> {
  const answer = await fetch(root.dataset["events"] ?? "");
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  const recorded = (await answer.json()) as Recorded;
  const preview = await getPreview(recorded.photo.preview_url);
  const darkroom = new Darkroom();
  const { renderer } = darkroom;
  const place = find("[data-canvas]", HTMLElement);
  renderer.upload(preview);
  renderer.canvas.setAttribute("role", "img");
  renderer.canvas.setAttribute("aria-label", "The picture after the event that is marked in the table");
  const width = Math.min(preview.width, Math.round(place.clientWidth * window.devicePixelRatio));
  renderer.canvas.width = Math.max(1, width);
  renderer.canvas.height = Math.max(1, Math.round((width * preview.height) / preview.width));
  place.replaceChildren(renderer.canvas);
  const draw = (game: Game) =>
    renderer.draw({ steps: game.position.steps, clipping: NOTHING_PAINTED, area: WHOLE, split: null });
  find("[data-transport]", HTMLElement).hidden = false;
  new Film(recorded, draw);
}

const root = document.querySelector<HTMLElement>("#replay");
if (root !== null) {
  open(root).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    find("[data-notice]", HTMLElement).textContent = `The picture cannot be drawn: ${message}`;
  });
}
