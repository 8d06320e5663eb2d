/** What a mouse or fingers do to the photo: wheel and pinch, drag, double tap. */
import type { Looking } from "../looking";

/** A wheel that turns by so many pixels brings the photo twice as near. */
const WHEEL_TO_DOUBLE = 400;
/** Touchpads report a pinch as a wheel with Ctrl, in smaller steps than any notch of a wheel. */
const PINCH_TO_DOUBLE = 80;
const SMALLEST_NOTCH = 40;
const LINE_PX = 16;
/** `WheelEvent.DOM_DELTA_LINE`. */
const DELTA_LINES = 1;

const DOUBLE_TAP_MS = 350;
const TAP_REACH_PX = 24;
/** A finger that moves no farther than this has tapped. */
const TAP_SLIP_PX = 8;

type Point = readonly [number, number];

const between = ([a, b]: Point, [c, d]: Point): Point => [(a + c) / 2, (b + d) / 2];
const distance = ([a, b]: Point, [c, d]: Point) => Math.hypot(a - c, b - d);

/** How much nearer a turn of the wheel brings the photo. */
export function wheelFactor({
  deltaMode,
  deltaY,
  ctrlKey,
}: Pick<WheelEvent, "deltaMode" | "deltaY" | "ctrlKey">): number {
  const turned = deltaMode === DELTA_LINES ? deltaY * LINE_PX : deltaY;
  const pinched = ctrlKey && Math.abs(turned) < SMALLEST_NOTCH;
  return 2 ** (-turned / (pinched ? PINCH_TO_DOUBLE : WHEEL_TO_DOUBLE));
}

class Gestures {
  private readonly fingers = new Map<number, Point>();
  private began: Point | null = null;
  private lastTap: { at: Point; time: number } | null = null;

  constructor(
    private readonly room: HTMLElement,
    private readonly looking: Looking,
  ) {}

  readonly wheel = (event: WheelEvent) => {
    if (!this.isOurs(event)) return;
    event.preventDefault();
    this.looking.zoomBy(wheelFactor(event), [event.clientX, event.clientY]);
  };

  readonly down = (event: PointerEvent) => {
    if (event.button !== 0 || !this.isOurs(event)) return;
    const at: Point = [event.clientX, event.clientY];
    this.fingers.set(event.pointerId, at);
    this.room.setPointerCapture(event.pointerId);
    // A second finger makes it a pinch, and no tap.
    this.began = this.fingers.size === 1 ? at : null;
    this.room.classList.add("held");
  };

  readonly move = (event: PointerEvent) => {
    const before = this.fingers.get(event.pointerId);
    if (before === undefined) return;
    const now: Point = [event.clientX, event.clientY];
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) {
      this.looking.move([now[0] - before[0], now[1] - before[1]]);
    } else {
      const [from, to] = [between(before, other), between(now, other)];
      this.looking.zoomBy(distance(now, other) / Math.max(1, distance(before, other)), from);
      this.looking.move([to[0] - from[0], to[1] - from[1]]);
    }
    this.fingers.set(event.pointerId, now);
  };

  readonly up = (event: PointerEvent) => {
    if (!this.fingers.delete(event.pointerId)) return;
    if (this.fingers.size === 0) this.room.classList.remove("held");
    const at: Point = [event.clientX, event.clientY];
    const tapped = event.type === "pointerup" && this.began !== null && distance(this.began, at) < TAP_SLIP_PX;
    this.began = null;
    if (tapped) this.tap(at, event.timeStamp);
  };

  /** Two fingers belong to us: the page neither scrolls nor grows by them. */
  readonly touch = (event: TouchEvent) => {
    if (event.touches.length > 1 && this.isOurs(event)) event.preventDefault();
  };

  private tap(at: Point, time: number): void {
    const last = this.lastTap;
    if (last !== null && time - last.time < DOUBLE_TAP_MS && distance(last.at, at) < TAP_REACH_PX) {
      this.lastTap = null;
      this.looking.toggleAt(at);
    } else this.lastTap = { at, time };
  }

  /** On the photo or beside it, and not on what lies over it. */
  private isOurs(event: Event): boolean {
    return event.target === this.room || event.target instanceof HTMLCanvasElement;
  }
}

/** Listens to what is done in the place of the photo; returns how to stop. */
export function listenToGestures(room: HTMLElement, looking: Looking): () => void {
  const gestures = new Gestures(room, looking);
  const stop = new AbortController();
  const { signal } = stop;
  room.addEventListener("wheel", gestures.wheel, { signal, passive: false });
  room.addEventListener("touchstart", gestures.touch, { signal, passive: false });
  room.addEventListener("pointerdown", gestures.down, { signal });
  room.addEventListener("pointermove", gestures.move, { signal });
  room.addEventListener("pointerup", gestures.up, { signal });
  room.addEventListener("pointercancel", gestures.up, { signal });
  return () => stop.abort();
}
