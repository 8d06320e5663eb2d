/** All state of a replay, and what moves it: the clock, the buttons and the keys. */
import { computed, signal } from "@preact/signals";
import type { Replay } from "../viewing/api";
import { MOVE_MS, REST_MS, stepsAt } from "./timeline";
import type { Preview } from "../shared/preview";
import type { Notice } from "../shared/NoticeCard";
import type { Step } from "../game/contract";

export class Player {
  readonly page = signal<"loading" | "showing" | Notice>("loading");
  readonly replay = signal<Replay | null>(null);
  readonly preview = signal<Preview | null>(null);
  readonly thumbnails = signal<readonly ImageData[]>([]);
  readonly playing = signal(false);
  /** The step that is shown, from 1; 0 is the photo as it came. */
  readonly current = signal(0);
  /** How far that step has come from neutral, 0 to 1. */
  readonly share = signal(1);
  /** The original is shown for as long as it is asked for. */
  readonly comparing = signal(false);
  readonly shown = computed<readonly Step[]>(() =>
    this.comparing.value ? [] : stepsAt(this.steps, this.current.value, this.share.value),
  );
  private frame = 0;
  /** When the current step began to move. */
  private began = 0;

  /** @param calm nothing moves by itself but from one step to the next */
  constructor(private readonly calm: () => boolean) {}

  get steps(): readonly Step[] {
    return this.replay.value?.steps ?? [];
  }

  /** Shows a step as it was left, and stops there. */
  goto(step: number): void {
    this.pause();
    this.show(Math.min(this.steps.length, Math.max(0, step)), 1);
  }

  toggle(): void {
    if (this.playing.peek()) this.pause();
    else this.play();
  }

  /** Plays on; from the start, where the end was reached. */
  play(): void {
    if (this.steps.length === 0) return;
    if (this.current.peek() === this.steps.length && this.share.peek() === 1) this.show(0, 1);
    this.playing.value = true;
    this.began = performance.now() - this.share.peek() * MOVE_MS;
    this.frame = requestAnimationFrame(this.tick);
  }

  pause(): void {
    this.playing.value = false;
    cancelAnimationFrame(this.frame);
  }

  private readonly tick = (): void => {
    const elapsed = performance.now() - this.began;
    if (elapsed < MOVE_MS) this.share.value = this.calm() ? 1 : Math.max(0, elapsed / MOVE_MS);
    else if (elapsed < MOVE_MS + REST_MS) this.share.value = 1;
    else if (this.current.peek() < this.steps.length) {
      this.show(this.current.peek() + 1, this.calm() ? 1 : 0);
      this.began = performance.now();
    }
    if (this.current.peek() === this.steps.length && this.share.peek() === 1) this.pause();
    else this.frame = requestAnimationFrame(this.tick);
  };

  private show(step: number, share: number): void {
    this.current.value = step;
    this.share.value = share;
  }
}
