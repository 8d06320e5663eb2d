/**
 * The queue of answers on their way to the server, as the play page's outbox is that of events: an answer waits in
 * IndexedDB until the server has taken it. Each has an id of its own, so that one that is sent twice is stored once.
 */
import { signal, type ReadonlySignal } from "@preact/signals";
import { ApiError, Unreachable } from "../shared/api";
import type { Answer, AnswerStore } from "./store";

/** Codes about the answer itself: it will never be taken. All others are about the visit, and the answer waits. */
const NEVER_TAKEN: ReadonlySet<string> = new Set(["conflict", "not_found", "malformed"]);
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export interface Saving {
  readonly state: "saved" | "saving" | "offline" | "unanswered";
  readonly waiting: number;
}

export type SendAnswer = (answer: Answer, keepalive?: boolean) => Promise<void>;

export class AnswerQueue {
  private readonly waiting: Answer[] = [];
  private readonly state = signal<Saving>({ state: "saved", waiting: 0 });
  private readonly unstored = new Set<string>();
  private sending: Promise<void> | null = null;
  private wake: () => void = () => undefined;
  private notBefore = 0;

  constructor(
    private readonly store: AnswerStore,
    private readonly send: SendAnswer,
  ) {}

  get status(): ReadonlySignal<Saving> {
    return this.state;
  }

  /** Whether something would be lost if the page were closed now. */
  get onlyInMemory(): boolean {
    return this.waiting.some(({ id }) => this.unstored.has(id));
  }

  /** The ids of what waits. */
  get ids(): ReadonlySet<string> {
    return new Set(this.waiting.map(({ id }) => id));
  }

  /** Takes over what earlier visits of the player have left; what others have left stays where it is. */
  async load(player: string): Promise<void> {
    const here = this.ids;
    const stored = await this.store.load().catch(() => []);
    const own = stored.filter((answer) => answer.player === player && answer.refused === undefined);
    this.waiting.unshift(...own.filter(({ id }) => !here.has(id)));
    this.report("saving");
  }

  /** Queues an answer and sends it; resolves once it is stored here, or cannot be. What the server says is heard by `flush`. */
  async add(answer: Answer): Promise<void> {
    this.waiting.push(answer);
    this.report(this.state.value.state === "saved" ? "saving" : this.state.value.state);
    const storing = this.store.put(answer).catch(() => {
      this.unstored.add(answer.id);
    });
    this.flush().catch(() => undefined);
    await storing;
  }

  /**
   * Resolves when the server has all answers; it tries as long as that takes.
   *
   * @throws ApiError the server takes none for now: the visit has ended, say. The answers stay.
   */
  flush(): Promise<void> {
    this.sending ??= this.sendAll().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  /** Tries again at once, as when the connection has come back, unless the server has asked to be left alone. */
  hurry(): void {
    if (Date.now() >= this.notBefore) this.wake();
  }

  /** Sends what waits in requests that outlive the page. */
  sendBeforeUnload(): void {
    for (const answer of this.waiting) void this.send(answer, true).catch(() => undefined);
  }

  private report(state: Saving["state"]): void {
    const waiting = this.waiting.length;
    this.state.value = waiting > 0 ? { state, waiting } : { state: "saved", waiting };
  }

  private async sendAll(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      try {
        await this.sendOne(next);
        pause = FIRST_PAUSE_MS;
        this.report("saving");
      } catch (error) {
        if (error instanceof ApiError) throw error;
        this.report(navigator.onLine ? "unanswered" : "offline");
        await this.rest(pause, error instanceof Unreachable ? error.wait : 0);
        pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      }
    }
    this.report("saved");
  }

  private async sendOne(answer: Answer): Promise<void> {
    let refused = "";
    try {
      await this.send(answer);
    } catch (error) {
      if (!(error instanceof ApiError) || !NEVER_TAKEN.has(error.code)) throw error;
      refused = error.code;
    }
    this.waiting.splice(this.waiting.indexOf(answer), 1);
    this.unstored.delete(answer.id);
    // What stays in the store by a failure is sent once more at the next visit, and answered as the first time.
    const done = refused === "" ? this.store.remove(answer) : this.store.setAside(answer, refused);
    await done.catch(() => undefined);
  }

  /** Waits, for as long as the server has asked at least. */
  private rest(pause: number, asked: number): Promise<void> {
    this.notBefore = Date.now() + asked;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(pause, asked));
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
