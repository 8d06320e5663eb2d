/**
 * The queue of events on their way to the server. An event waits in IndexedDB until the server has answered for it, so
 * that neither a lost connection nor a closed page loses play. Where the browser has no IndexedDB (some private
 * windows), it waits in memory alone.
 */
import { signal, type ReadonlySignal } from "@preact/signals";
import { openDB, type DBSchema } from "idb";
import { ApiError, type Batch } from "./api";
import type { GameEvent, SavingStatus } from "./state";

/** An event, and where it belongs. */
export interface Parcel {
  readonly study: string;
  readonly photo: string;
  readonly event: GameEvent;
}

/** Where parcels survive a reload. */
export interface Store {
  readonly load: () => Promise<Parcel[]>;
  readonly put: (parcel: Parcel) => Promise<void>;
  readonly remove: (parcels: readonly Parcel[]) => Promise<void>;
}

interface Schema extends DBSchema {
  parcels: { key: number; value: Parcel & { readonly id: string }; indexes: { id: string } };
}

export const MEMORY_ONLY: Store = {
  load: () => Promise.resolve([]),
  put: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};

/** The store in IndexedDB, or in memory alone where that fails. */
export async function openStore(): Promise<Store> {
  try {
    const database = await openDB<Schema>("safelight", 1, {
      upgrade: (fresh) => {
        // The key counts up: parcels are read in the order in which they came.
        fresh.createObjectStore("parcels", { autoIncrement: true }).createIndex("id", "id", { unique: true });
      },
    });
    return {
      load: async () => (await database.getAll("parcels")).map(({ study, photo, event }) => ({ study, photo, event })),
      put: async (parcel) => {
        await database.add("parcels", { ...parcel, id: parcel.event.id });
      },
      remove: async (parcels) => {
        const transaction = database.transaction("parcels", "readwrite");
        for (const { event } of parcels) {
          const key = await transaction.store.index("id").getKey(event.id);
          if (key !== undefined) await transaction.store.delete(key);
        }
        await transaction.done;
      },
    };
  } catch {
    return MEMORY_ONLY;
  }
}

const LARGEST_BATCH = 500;
/** Browsers refuse larger keepalive requests; the rest waits for the next visit. */
const LARGEST_FAREWELL = 60_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export type Send = (episode: string, batch: Batch, keepalive?: boolean) => Promise<void>;

export class Outbox {
  private readonly waiting: Parcel[] = [];
  private readonly state = signal<SavingStatus>({ state: "saved", waiting: 0 });
  private sending: Promise<void> | null = null;
  private wake: () => void = () => undefined;

  /**
   * @param refused is told of an episode whose events the server will never take; they leave the queue, which would
   *   otherwise hold up all that follow
   */
  constructor(
    private readonly store: Store,
    private readonly send: Send,
    private readonly refused: (episode: string, error: ApiError) => void,
  ) {}

  get status(): ReadonlySignal<SavingStatus> {
    return this.state;
  }

  /** Takes over what an earlier visit has left. */
  async load(): Promise<void> {
    this.waiting.unshift(...(await this.store.load()));
    this.report("saving");
  }

  /** Queues an event and sends it. */
  add(parcel: Parcel): void {
    this.waiting.push(parcel);
    this.report(this.state.value.state === "offline" ? "offline" : "saving");
    // Storing may fail (a full disk); the event is then still sent from memory.
    this.store.put(parcel).catch(() => undefined);
    void this.flush();
  }

  /** Resolves when no event waits any more. It tries as long as that takes. */
  flush(): Promise<void> {
    if (this.waiting.length === 0) return Promise.resolve();
    this.sending ??= this.sendAll();
    return this.sending;
  }

  /** Tries again at once, as when the connection has come back. */
  hurry(): void {
    this.wake();
  }

  /** Sends what waits in a request that outlives the page. What it does not carry is sent at the next visit. */
  farewell(): void {
    const batch = this.nextBatch();
    const [first] = batch;
    if (first === undefined) return;
    const body = { study: first.study, photo: first.photo, events: batch.map(({ event }) => event) };
    if (JSON.stringify(body).length > LARGEST_FAREWELL) return;
    void this.send(first.event.episode, body, true).catch(() => undefined);
  }

  private report(state: SavingStatus["state"]): void {
    this.state.value = { state: this.waiting.length === 0 ? "saved" : state, waiting: this.waiting.length };
  }

  /** The oldest events that may travel together: those of the first one's episode, up to the next of another. */
  private nextBatch(): Parcel[] {
    const episode = this.waiting[0]?.event.episode;
    const end = this.waiting.findIndex(({ event }) => event.episode !== episode);
    return this.waiting.slice(0, Math.min(end === -1 ? this.waiting.length : end, LARGEST_BATCH));
  }

  private async sendAll(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (this.waiting.length > 0) {
      try {
        await this.sendBatch();
        pause = FIRST_PAUSE_MS;
        this.report("saving");
      } catch {
        this.report("offline");
        await this.rest(pause);
        pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      }
    }
    this.sending = null;
    this.report("saved");
  }

  private async sendBatch(): Promise<void> {
    const batch = this.nextBatch();
    const [first] = batch;
    if (first === undefined) return;
    const { study, photo, event } = first;
    try {
      await this.send(event.episode, { study, photo, events: batch.map((parcel) => parcel.event) });
      await this.forget(batch);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      await this.forget(this.waiting.filter((parcel) => parcel.event.episode === event.episode));
      this.refused(event.episode, error);
    }
  }

  private async forget(parcels: readonly Parcel[]): Promise<void> {
    const gone = new Set(parcels);
    this.waiting.splice(0, this.waiting.length, ...this.waiting.filter((parcel) => !gone.has(parcel)));
    // What stays in the store by a failure is sent once more at the next visit, and answered as the first time.
    await this.store.remove(parcels).catch(() => undefined);
  }

  private rest(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
