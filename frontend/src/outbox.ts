/**
 * The queue of events on their way to the server. An event waits in IndexedDB until the server has taken it, so that
 * neither a lost connection nor a closed page loses play; what the server refuses stays there, out of the way. Where
 * the browser has no IndexedDB (some private windows), events wait in memory alone.
 */
import { signal, type ReadonlySignal } from "@preact/signals";
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
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
  /** What is still to be sent. */
  readonly load: () => Promise<Parcel[]>;
  readonly put: (parcel: Parcel) => Promise<void>;
  readonly remove: (parcels: readonly Parcel[]) => Promise<void>;
  /** Keeps parcels that will not be sent again, with the code of the refusal. */
  readonly setAside: (parcels: readonly Parcel[], code: string) => Promise<void>;
}

interface Row extends Parcel {
  readonly id: string;
  /** The code by which the server refused the event. */
  readonly refused?: string;
}

interface Schema extends DBSchema {
  parcels: { key: number; value: Row; indexes: { id: string } };
}

export const MEMORY_ONLY: Store = {
  load: () => Promise.resolve([]),
  put: () => Promise.resolve(),
  remove: () => Promise.resolve(),
  setAside: () => Promise.resolve(),
};

function storeIn(database: IDBPDatabase<Schema>): Store {
  /** Rewrites the rows of the parcels, or deletes them where there is nothing to write, all or none. */
  const rewrite = async (parcels: readonly Parcel[], rewritten: (row: Row) => Row | null) => {
    const transaction = database.transaction("parcels", "readwrite");
    for (const { event } of parcels) {
      const cursor = await transaction.store.index("id").openCursor(event.id);
      const row = cursor && rewritten(cursor.value);
      await (row === null ? cursor?.delete() : cursor?.update(row));
    }
    await transaction.done;
  };
  return {
    load: async () => {
      const rows = await database.getAll("parcels");
      return rows
        .filter((row) => row.refused === undefined)
        .map(({ study, photo, event }) => ({ study, photo, event }));
    },
    put: async (parcel) => {
      await database.add("parcels", { ...parcel, id: parcel.event.id });
    },
    remove: (parcels) => rewrite(parcels, () => null),
    setAside: (parcels, code) => rewrite(parcels, (row) => ({ ...row, refused: code })),
  };
}

/** The store in IndexedDB, or in memory alone where that fails. */
export async function openStore(): Promise<Store> {
  try {
    const database = await openDB<Schema>("safelight", 1, {
      upgrade: (fresh) => {
        // The key counts up: parcels are read in the order in which they came.
        fresh.createObjectStore("parcels", { autoIncrement: true }).createIndex("id", "id", { unique: true });
      },
    });
    return storeIn(database);
  } catch {
    return MEMORY_ONLY;
  }
}

/**
 * Refusals with these statuses are about the episode itself, which will never be taken: it breaks the rules, or is of
 * somebody else, or does not follow on what is stored, or its photo is gone. Others are about the visitor or the study:
 * a visit that has ended, a study that is closed for now.
 */
const ABOUT_THE_EPISODE: ReadonlySet<number> = new Set([400, 404, 409, 410]);

const LARGEST_BATCH = 500;
/** Browsers refuse larger keepalive requests; the rest waits for the next visit. */
const LARGEST_FAREWELL = 60_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export type Send = (episode: string, batch: Batch, keepalive?: boolean) => Promise<void>;

export class Outbox {
  private readonly waiting: Parcel[] = [];
  /** Episodes that wait for the next visit, and hold up no other. */
  private readonly held = new Set<string>();
  private readonly state = signal<SavingStatus>({ state: "saved", waiting: 0 });
  private sending: Promise<void> | null = null;
  /** How many of the last events the server will never take. */
  private lost = 0;
  private wake: () => void = () => undefined;

  /**
   * @param refused is told of an episode whose events the server does not take. They are set aside for good where
   *   that is about the episode, else until the next visit: the queue goes on with what follows.
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
    this.lost = 0;
    const { state } = this.state.value;
    this.report(state === "saved" || state === "refused" ? "saving" : state);
    // Storing may fail (a full disk); the event is then still sent from memory.
    this.store.put(parcel).catch(() => undefined);
    void this.flush();
  }

  /** Resolves when nothing is left that can be sent. It tries as long as that takes. */
  flush(): Promise<void> {
    if (this.nextBatch().length === 0) return Promise.resolve();
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
    const waiting = this.waiting.length;
    if (waiting > 0) this.state.value = { state, waiting };
    else this.state.value = { state: this.lost > 0 ? "refused" : "saved", waiting: this.lost };
  }

  /** The oldest events that may travel together: those of the first one's episode, up to the next of another. */
  private nextBatch(): Parcel[] {
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
      } catch {
        this.report(navigator.onLine ? "unanswered" : "offline");
        await this.rest(pause);
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
      await this.putBy(event.episode, error);
      this.refused(event.episode, error);
    }
  }

  /** Takes a refused episode out of the way of the others. */
  private async putBy(episode: string, { status, code }: ApiError): Promise<void> {
    if (!ABOUT_THE_EPISODE.has(status)) {
      this.held.add(episode);
      return;
    }
    const parcels = this.waiting.filter(({ event }) => event.episode === episode);
    this.leave(parcels);
    this.lost = parcels.length;
    await this.store.setAside(parcels, code).catch(() => undefined);
  }

  /** Takes parcels out of the queue. */
  private leave(parcels: readonly Parcel[]): void {
    const gone = new Set(parcels);
    this.waiting.splice(0, this.waiting.length, ...this.waiting.filter((parcel) => !gone.has(parcel)));
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
