/**
 * The queue of events on their way to the server. An event waits in IndexedDB until the server has taken it, so that
 * neither a lost connection nor a closed page loses play; what the server refuses, and what another participant has left,
 * stays there, out of the way. What cannot be stored waits in memory alone.
 */
import { signal, type ReadonlySignal } from "@preact/signals";
import { contract } from "../game/contract";
import { ApiError, Unreachable, type Batch } from "../shared/api";
import type { SavingStatus } from "./state";
import type { KeptParcel, Parcel, Store } from "./store";

/**
 * The server's own codes, beside those of the rules, for an episode that it will never take: its ids are taken, its photo
 * is gone or was handed in already, it is too long, or the participant has withdrawn.
 */
const NEVER_TAKEN: ReadonlySet<string> = new Set([
  "conflict",
  "photo_removed",
  "already_played",
  "too_many_events",
  "withdrawn",
]);

/** Of a participant whose data have been erased: nothing of it stays here either. */
const ERASED = "withdrawn";

/** Codes about the visitor or the study: a visit that has ended, a study that is closed for now. */
const FOR_THE_NEXT_VISIT: ReadonlySet<string> = new Set([
  "not_joined",
  "study_closed",
  "consent_needed",
  "forbidden",
  "too_large",
  "other_episode_open",
]);

/** Why parcels are set aside that another participant has left: if they come back, they are sent. */
const OF_SOMEBODY_ELSE = "another_player";

const LARGEST_BATCH = 500;
/** Browsers refuse larger keepalive requests; the rest waits for the next visit. */
const LARGEST_KEEPALIVE = 60_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Whether an episode that is refused so will never be taken. "malformed" is said of an event by the rules, which name its
 * number, and of a whole request by whatever stands before them.
 */
function isFinal({ code, seq }: Pick<ApiError, "code" | "seq">): boolean {
  if (code === "malformed") return seq !== null;
  return contract.refusal_codes.includes(code) || NEVER_TAKEN.has(code);
}

export type Send = (episode: string, batch: Batch, keepalive?: boolean) => Promise<void>;

export class Outbox {
  private readonly waiting: Parcel[] = [];
  /** Episodes that wait for the next visit, and hold up no other. */
  private readonly held = new Set<string>();
  private readonly state = signal<SavingStatus>({ state: "saved", waiting: 0 });
  private readonly unkept = signal(false);
  /** What is in memory alone, and what is just being stored. */
  private readonly unstored = new Set<Parcel>();
  private readonly storing = new Set<Promise<void>>();
  private sending: Promise<void> | null = null;
  private stopped = false;
  /** How many of the last events the server will never take. */
  private lost = 0;
  private wake: () => void = () => undefined;
  private notBefore = 0;

  /**
   * @param refused is told of an episode whose events the server does not take. They are set aside for good where
   *   that is about the episode, else until the next visit: the queue goes on with what follows. What the server says
   *   by mistake (a wrong setting, an address that has changed) is no refusal: the episode is sent again after a while.
   */
  constructor(
    private readonly store: Store,
    private readonly send: Send,
    private readonly refused: (episode: string, error: ApiError) => void,
  ) {}

  get status(): ReadonlySignal<SavingStatus> {
    return this.state;
  }

  /** Whether something could not be stored: it is lost if the page is closed before the server has it. */
  get onlyInMemory(): ReadonlySignal<boolean> {
    return this.unkept;
  }

  /** How many events, since the last one was added, the server has refused for good. */
  get refusals(): number {
    return this.lost;
  }

  /** Takes over what earlier visits of the player have left. How many events of others were set aside. */
  async load(player: string): Promise<number> {
    this.stopped = false;
    const here = new Set(this.waiting.map(({ event }) => event.id));
    const stored = await this.store.load().catch(() => []);
    const kept = stored.filter(({ event }) => !here.has(event.id));
    const isOwn = (parcel: Parcel) => parcel.player === player || parcel.player === "";
    const mayBeTaken = ({ refused }: KeptParcel) =>
      refused === undefined || refused === OF_SOMEBODY_ELSE || !isFinal({ code: refused, seq: null });
    const own = kept.filter(mayBeTaken).filter(isOwn);
    const others = kept.filter((parcel) => parcel.refused === undefined && !isOwn(parcel));
    this.waiting.unshift(...own.map(({ study, photo, event }) => ({ study, photo, player, event })));
    if (others.length > 0) await this.store.setAside(others, OF_SOMEBODY_ELSE).catch(() => undefined);
    this.report("saving");
    return others.length;
  }

  /** Queues an event and sends it. */
  add(parcel: Parcel): void {
    this.waiting.push(parcel);
    this.lost = 0;
    const { state } = this.state.value;
    this.report(state === "saved" || state === "refused" ? "saving" : state);
    this.keep(parcel);
    void this.flush();
  }

  /** Leaves what is stored to another window, and resolves when all is that can be. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await Promise.all(this.storing);
    this.leave(this.waiting.filter((parcel) => !this.unstored.has(parcel)));
    this.held.clear();
    this.report("held");
  }

  /** Resolves when nothing is left that can be sent. It tries as long as that takes. */
  flush(): Promise<void> {
    if (this.nextBatch().length === 0) return Promise.resolve();
    this.sending ??= this.sendAll();
    return this.sending;
  }

  /** Tries again at once, as when the connection has come back, unless the server has asked to be left alone. */
  hurry(): void {
    if (Date.now() >= this.notBefore) this.wake();
  }

  /** Sends what waits in a request that outlives the page. What it does not carry is sent at the next visit. */
  sendBeforeUnload(): void {
    const batch = this.nextBatch();
    const [first] = batch;
    if (first === undefined) return;
    const body = { study: first.study, photo: first.photo, events: batch.map(({ event }) => event) };
    if (JSON.stringify(body).length > LARGEST_KEEPALIVE) return;
    void this.send(first.event.episode, body, true).catch(() => undefined);
  }

  /** Storing may fail (a full disk); the event is then still sent from memory. */
  private keep(parcel: Parcel): void {
    const storing = this.store.put(parcel).catch(() => {
      this.unstored.add(parcel);
      this.unkept.value = true;
    });
    this.storing.add(storing);
    void storing.then(() => this.storing.delete(storing));
  }

  private report(state: SavingStatus["state"]): void {
    const waiting = this.waiting.length;
    if (waiting > 0) this.state.value = { state, waiting };
    else this.state.value = { state: this.lost > 0 ? "refused" : "saved", waiting: this.lost };
  }

  /** The oldest events that may travel together: those of the first one's episode, up to the next of another. */
  private nextBatch(): Parcel[] {
    if (this.stopped) return [];
    const sendable = this.waiting.filter(({ event }) => !this.held.has(event.episode));
    const episode = sendable[0]?.event.episode;
    const end = sendable.findIndex(({ event }) => event.episode !== episode);
    return sendable.slice(0, Math.min(end === -1 ? sendable.length : end, LARGEST_BATCH));
  }

  private async sendAll(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    for (let batch = this.nextBatch(); batch.length > 0; batch = this.nextBatch()) {
      try {
        await this.sendBatch(batch);
        pause = FIRST_PAUSE_MS;
        this.report("saving");
      } catch (error) {
        this.report(navigator.onLine ? "unanswered" : "offline");
        await this.rest(pause, error instanceof Unreachable ? error.wait : 0);
        pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      }
    }
    this.sending = null;
    this.report("held");
  }

  private async sendBatch(batch: readonly Parcel[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    const { study, photo, event } = first;
    try {
      await this.send(event.episode, { study, photo, events: batch.map((parcel) => parcel.event) });
      this.leave(batch);
      // What stays in the store by a failure is sent once more at the next visit, and answered as the first time.
      await this.store.remove(batch).catch(() => undefined);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (isFinal(error)) await this.setAside(event.episode, error);
      else this.held.add(event.episode);
      if (isFinal(error) || FOR_THE_NEXT_VISIT.has(error.code)) this.refused(event.episode, error);
      else this.sendLater(event.episode);
    }
  }

  /** Takes an episode that will never be taken out of the way of the others. */
  private async setAside(episode: string, { code }: ApiError): Promise<void> {
    const parcels = this.waiting.filter(({ event }) => event.episode === episode);
    this.leave(parcels);
    this.lost += parcels.length;
    const removed = code === ERASED ? this.store.remove(parcels) : this.store.setAside(parcels, code);
    await removed.catch(() => undefined);
  }

  /** Sends a held episode again after a while: it holds up no other until then. */
  private sendLater(episode: string): void {
    setTimeout(() => {
      if (this.held.delete(episode)) void this.flush();
    }, LONGEST_PAUSE_MS);
  }

  /** Takes parcels out of the queue. */
  private leave(parcels: readonly Parcel[]): void {
    const gone = new Set(parcels);
    this.waiting.splice(0, this.waiting.length, ...this.waiting.filter((parcel) => !gone.has(parcel)));
    for (const parcel of parcels) this.unstored.delete(parcel);
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
