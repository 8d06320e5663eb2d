/** How a control is moved, for the researcher: with what, through how many values, for how long, how often back. */
import type { Parameters } from "../game/contract";
import type { Gesture, GestureDevice } from "../game/events";

/** The events in whose course a control moves. They are heard on their way down, before any control acts on them. */
const HEARD = ["pointerdown", "pointermove", "pointerup", "click", "dblclick", "keydown", "input", "change"] as const;

function deviceOf(event: Event): GestureDevice | null {
  if (event.type === "keydown") return "keyboard";
  const pointer = (event as Partial<PointerEvent>).pointerType;
  return pointer === "mouse" || pointer === "touch" || pointer === "pen" ? pointer : null;
}

/** How each parameter goes from one value to the next. */
function step(from: Parameters, to: Parameters): readonly number[] {
  return Object.entries(to).map(([name, value]) => value - (from[name] ?? value));
}

const product = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

export class GestureMeter {
  private device: GestureDevice = "other";
  /** Whether the event that is under way comes from a person's device. */
  private eventTrusted = true;
  private moves = 0;
  private reversals = 0;
  private trusted = true;
  private began = 0;
  private ended = 0;
  private direction: readonly number[] = [];

  /** Follows what the page's controls are moved with. */
  listen(target: EventTarget): void {
    for (const type of HEARD) target.addEventListener(type, (event) => this.hear(event), { capture: true });
  }

  /** Another gesture begins. */
  begin(): void {
    this.moves = 0;
    this.reversals = 0;
    this.trusted = true;
    this.direction = [];
  }

  /** The control goes from one value to another. */
  move(from: Parameters, to: Parameters): void {
    const direction = step(from, to);
    if (direction.every((change) => change === 0)) return;
    this.ended = performance.now();
    if (this.moves === 0) this.began = this.ended;
    if (product(direction, this.direction) < 0) this.reversals += 1;
    this.moves += 1;
    this.direction = direction;
    this.trusted = this.trusted && this.eventTrusted;
  }

  /** The gesture as it stands. */
  get gesture(): Gesture {
    const { device, moves, reversals, trusted } = this;
    return { device, moves, ms: Math.round(this.ended - this.began), reversals, trusted };
  }

  private hear(event: Event): void {
    this.device = deviceOf(event) ?? this.device;
    this.eventTrusted = event.isTrusted;
  }
}
