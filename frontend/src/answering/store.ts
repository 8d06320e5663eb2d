/** What outlives the page, in IndexedDB: answers that the server has not taken, and what is written but not sent yet. */
import { openDB, type DBSchema } from "idb";

/** An answer on its way: where it is posted, whose it is, and an id by which the server knows it again. */
export interface Answer {
  readonly id: string;
  readonly study: string;
  readonly player: string;
  readonly address: string;
  readonly body: unknown;
}

/** An answer as it was found, with the code for which the server refused it, if it did. */
export interface KeptAnswer extends Answer {
  readonly refused?: string;
}

/** Where answers survive a reload. */
export interface AnswerStore {
  /** All answers, in the order in which they came. */
  readonly load: () => Promise<KeptAnswer[]>;
  readonly put: (answer: Answer) => Promise<void>;
  readonly remove: (answer: Answer) => Promise<void>;
  /** Keeps an answer that is never sent again, with the code of the reason. */
  readonly setAside: (answer: Answer, code: string) => Promise<void>;
  /** What was written under a name and not sent yet; undefined where nothing was. */
  readonly draft: (name: string) => Promise<unknown>;
  readonly keepDraft: (name: string, draft: unknown) => Promise<void>;
  readonly removeDraft: (name: string) => Promise<void>;
}

interface Row extends KeptAnswer {
  readonly number: number;
}

interface Schema extends DBSchema {
  answers: { key: string; value: Row; indexes: { number: number } };
  drafts: { key: string; value: unknown };
}

const NAME = "safelight-answers";
const SCHEMA_VERSION = 1;

function nowhere(): Promise<never> {
  return Promise.reject(new Error("this browser keeps nothing"));
}

/** For browsers that keep nothing, as in some private windows. */
const MEMORY_ONLY: AnswerStore = {
  load: () => Promise.resolve([]),
  put: nowhere,
  remove: () => Promise.resolve(),
  setAside: nowhere,
  draft: () => Promise.resolve(undefined),
  keepDraft: nowhere,
  removeDraft: () => Promise.resolve(),
};

/** The store in IndexedDB, or in memory alone where that fails. */
export async function openAnswerStore(): Promise<AnswerStore> {
  try {
    const database = await openDB<Schema>(NAME, SCHEMA_VERSION, {
      upgrade: (opened) => {
        opened.createObjectStore("answers", { keyPath: "id" }).createIndex("number", "number");
        opened.createObjectStore("drafts");
      },
    });
    return {
      load: () => database.getAllFromIndex("answers", "number"),
      put: async (answer) => {
        await database.put("answers", { ...answer, number: Date.now() });
      },
      remove: ({ id }) => database.delete("answers", id),
      setAside: async (answer, code) => {
        await database.put("answers", { ...answer, number: Date.now(), refused: code });
      },
      draft: (name) => database.get("drafts", name),
      keepDraft: async (name, draft) => {
        await database.put("drafts", draft, name);
      },
      removeDraft: (name) => database.delete("drafts", name),
    };
  } catch {
    return MEMORY_ONLY;
  }
}
