/** Going through the trials of a task: one is shown, the answer is chosen and confirmed, and the next one comes. */
import { batch, signal, type Signal } from "@preact/signals";
import type { PageState } from "../answering/AnsweringFrame";
import { noticeFor } from "../answering/notices";
import type { Visit } from "../answering/visit";
import { ApiError, getPicture } from "../shared/api";
import { beginJudging, trialAddress, type Judging, type JudgingKind, type Trial, type TrialAnswer } from "./api";
import { judgingTexts } from "./texts";

export interface JudgingState {
  readonly page: Signal<PageState>;
  /** The task; null until it is known. */
  readonly judging: Signal<Judging | null>;
  /** Whether the visitor reads what the task is, before its first trial. */
  readonly introduced: Signal<boolean>;
  readonly trial: Signal<Trial | null>;
  readonly pictures: Signal<readonly ImageBitmap[]>;
  /** The answer that is marked and not confirmed yet. */
  readonly chosen: Signal<number | null>;
  /** How many trials are done, of how many. */
  readonly done: Signal<number>;
  readonly total: Signal<number>;
}

export function createState(): JudgingState {
  return {
    page: signal<PageState>("loading"),
    judging: signal<Judging | null>(null),
    introduced: signal(false),
    trial: signal<Trial | null>(null),
    pictures: signal<readonly ImageBitmap[]>([]),
    chosen: signal<number | null>(null),
    done: signal(0),
    total: signal(0),
  };
}

/** The smallest and the largest answer. */
export const ANSWERS: Readonly<Record<JudgingKind, readonly [number, number]>> = {
  rating: [1, 5],
  pair: [0, 1],
  turing: [0, 1],
  turing_pair: [0, 1],
};

/** What is still being made is asked for again after so many ms. */
const ASK_AGAIN = 5000;
/** The pictures of so many trials are fetched ahead. */
const AHEAD = 3;

export class JudgingSession {
  private waiting: Trial[] = [];
  private readonly fetched = new Map<string, Promise<readonly ImageBitmap[]>>();
  /** The ids of trials whose pictures are here. */
  private readonly drawn = new Set<string>();
  private shownAt = 0;

  constructor(
    private readonly state: JudgingState,
    private readonly visit: Visit,
  ) {}

  /** Sends what an earlier visit has left, and shows what the task is, or goes on with it. */
  async open(): Promise<void> {
    await this.guarded(
      () => void this.open(),
      async () => {
        await this.visit.arrive();
        const judging = await beginJudging(this.visit.study);
        if (judging.being_made) {
          this.state.page.value = judgingTexts.beingMade;
          window.setTimeout(() => void this.open(), ASK_AGAIN);
          return;
        }
        this.waiting = [...judging.trials];
        if (this.waiting.length === 0) {
          await this.visit.leave();
          return;
        }
        this.fetchAhead();
        batch(() => {
          this.state.judging.value = judging;
          this.state.done.value = judging.done;
          this.state.total.value = judging.done + judging.trials.length;
          this.state.introduced.value = judging.done > 0;
          if (judging.done === 0) this.state.page.value = "showing";
        });
        if (judging.done > 0) await this.showNext();
      },
    );
  }

  /** Leaves the introduction for the first trial. */
  async begin(): Promise<void> {
    this.state.introduced.value = true;
    await this.next();
  }

  choose(answer: number): void {
    const { judging, trial, chosen, page } = this.state;
    const kind = judging.value?.kind;
    if (kind == null || trial.value === null || page.value !== "showing") return;
    const [low, high] = ANSWERS[kind];
    if (answer >= low && answer <= high) chosen.value = answer;
  }

  /** Moves the choice by one; without one, begins at the end from which it is moved. */
  move(by: 1 | -1): void {
    const kind = this.state.judging.value?.kind;
    if (kind == null) return;
    const [low, high] = ANSWERS[kind];
    const { chosen } = this.state;
    // Of two pictures, an arrow points to the one that is meant.
    const isSided = kind === "pair" || kind === "turing_pair";
    if (chosen.value === null || isSided) this.choose(by > 0 === isSided ? high : low);
    else this.choose(Math.min(Math.max(chosen.value + by, low), high));
  }

  /** Takes the answer, which is sent in the background, and shows what comes next. */
  async confirm(): Promise<void> {
    const { trial, chosen, page } = this.state;
    const [shown, answer] = [trial.value, chosen.value];
    if (shown === null || answer === null || page.value !== "showing" || shown !== this.waiting[0]) return;
    const body: TrialAnswer = { answer, ms: Math.round(performance.now() - this.shownAt) };
    this.waiting.shift();
    await this.visit.answer(shown.id, trialAddress(this.visit.study, shown.id), body);
    this.fetched.delete(shown.id);
    await this.next();
  }

  private async next(): Promise<void> {
    await this.guarded(
      () => void this.next(),
      () => this.showNext(),
    );
  }

  private async showNext(): Promise<void> {
    const trial = this.waiting[0];
    if (trial === undefined) {
      this.state.page.value = "sending";
      await this.visit.leave();
      return;
    }
    this.fetchAhead();
    const pictures = this.picturesOf(trial);
    if (!this.drawn.has(trial.id)) this.state.page.value = "loading";
    const drawn = await pictures;
    batch(() => {
      this.state.done.value = this.state.total.value - this.waiting.length;
      this.state.pictures.value = drawn;
      this.state.trial.value = trial;
      this.state.chosen.value = null;
      this.state.page.value = "showing";
    });
    window.scrollTo(0, 0);
    requestAnimationFrame(() => {
      this.shownAt = performance.now();
    });
    this.shownAt = performance.now();
  }

  private fetchAhead(): void {
    for (const trial of this.waiting.slice(0, 1 + AHEAD)) this.picturesOf(trial).catch(() => undefined);
  }

  private picturesOf(trial: Trial): Promise<readonly ImageBitmap[]> {
    let pictures = this.fetched.get(trial.id);
    if (pictures === undefined) {
      pictures = Promise.all(trial.pictures.map((url) => getPicture(url)));
      this.fetched.set(trial.id, pictures);
      pictures.then(
        () => this.drawn.add(trial.id),
        // What failed is fetched again.
        () => this.fetched.delete(trial.id),
      );
    }
    return pictures;
  }

  /** Does the work; where it fails, says why on the page, with a way on. */
  private async guarded(again: () => void, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // A photo that cannot be shown any more is passed over.
      if (error instanceof ApiError && ["photo_removed", "not_found"].includes(error.code) && this.waiting.length > 0) {
        this.waiting.shift();
        await this.next();
      } else this.state.page.value = noticeFor(error, this.visit.study, again);
    }
  }
}
