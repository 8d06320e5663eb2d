/** What outlives the page, in IndexedDB: the events that the server has not taken, and the player's ticket. */
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from "idb";
import type { GameEvent } from "../game/events";

/** An event, where it belongs, and whose it is: a pseudonym, or "" where that was not noted. */
export interface Parcel {
  readonly study: string;
  readonly photo: string;
  readonly player: string;
  readonly event: GameEvent;
}

/** A parcel as it was found, with the code for which it was set aside, if it was. */
export interface KeptParcel extends Parcel {
  readonly refused?: string;
}

/** Where parcels survive a reload. */
export interface Store {
  /** All parcels, in the order in which they came. */
  readonly load: () => Promise<KeptParcel[]>;
  readonly put: (parcel: Parcel) => Promise<void>;
  readonly remove: (parcels: readonly Parcel[]) => Promise<void>;
  /** Keeps parcels that are not sent for now, or never again, with the code of the reason. */
  readonly setAside: (parcels: readonly Parcel[], code: string) => Promise<void>;
  /** What brings the participant back when the session has ended; "" where there is none. */
  readonly ticket: () => Promise<string>;
  readonly keepTicket: (ticket: string) => Promise<void>;
}

/** A newer version of the game has been here: this one does not know its store. */
export class NewerStore extends Error {
  override readonly name = "NewerStore";
}

interface Row extends KeptParcel {
  readonly id: string;
}

interface Schema extends DBSchema {
  parcels: { key: number; value: Row; indexes: { id: string } };
  tickets: { key: string; value: string };
}

/** Raised with every change of the stores below; a later version reads what an earlier one has left. */
const SCHEMA_VERSION = 2;
const NAME = "safelight";
/** Of the one ticket there is: a browser is one participant, in all studies of a site. */
const TICKET = "participant";

function nowhere(): Promise<never> {
  return Promise.reject(new Error("this browser keeps nothing"));
}

/** For browsers that keep nothing, as in some private windows. */
export const MEMORY_ONLY: Store = {
  load: () => Promise.resolve([]),
  put: nowhere,
  remove: () => Promise.resolve(),
  setAside: nowhere,
  ticket: () => Promise.resolve(""),
  keepTicket: nowhere,
};

type Upgrade = IDBPTransaction<Schema, StoreNames<Schema>[], "versionchange">;

async function upgrade(database: IDBPDatabase<Schema>, before: number, transaction: Upgrade): Promise<void> {
  if (before < 1) {
    // The key counts up: parcels are read in the order in which they came.
    database.createObjectStore("parcels", { autoIncrement: true }).createIndex("id", "id", { unique: true });
  }
  if (before < 2) {
    database.createObjectStore("tickets");
    for await (const cursor of transaction.objectStore("parcels")) await cursor.update({ ...cursor.value, player: "" });
  }
}

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
    load: () => database.getAll("parcels"),
    put: async (parcel) => {
      await database.add("parcels", { ...parcel, id: parcel.event.id });
    },
    remove: (parcels) => rewrite(parcels, () => null),
    setAside: (parcels, code) => rewrite(parcels, (row) => ({ ...row, refused: code })),
    ticket: async () => (await database.get("tickets", TICKET)) ?? "",
    keepTicket: async (ticket) => {
      await database.put("tickets", ticket, TICKET);
    },
  };
}

/**
 * The store in IndexedDB, or in memory alone where that fails.
 *
 * @param waits an older version of the game is open in another window, and keeps this one waiting until it is closed
 * @param outdated a newer version of the game wants the store: nothing is kept from here on
 * @throws NewerStore
 */
export async function openStore(waits: () => void = () => undefined, outdated = waits): Promise<Store> {
  try {
    const database = await openDB<Schema>(NAME, SCHEMA_VERSION, {
      upgrade: (opened, before, _after, transaction) => void upgrade(opened, before, transaction),
      blocked: waits,
      blocking: (_before, _after, event) => {
        (event.target as IDBDatabase).close();
        outdated();
      },
    });
    return storeIn(database);
  } catch (error) {
    if (error instanceof Error && error.name === "VersionError") throw new NewerStore(error.message);
    return MEMORY_ONLY;
  }
}
