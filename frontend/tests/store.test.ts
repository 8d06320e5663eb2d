import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { openDB } from "idb";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { NewerStore, openStore } from "../src/play/store";
import type { GameEvent } from "../src/game/events";

beforeEach(() => vi.stubGlobal("indexedDB", new IDBFactory()));

const EVENT: GameEvent = {
  id: "a 0",
  episode: "a",
  seq: 0,
  kind: "start",
  step: null,
  filter: null,
  parameters: null,
  ms: 0,
  contract_version: 1,
  gesture: null,
};

/** The store as the first version of the game has left it. */
async function firstVersion() {
  const database = await openDB("safelight", 1, {
    upgrade: (fresh) => {
      fresh.createObjectStore("parcels", { autoIncrement: true }).createIndex("id", "id", { unique: true });
    },
  });
  await database.add("parcels", { study: "open", photo: "photo", event: EVENT, id: EVENT.id });
  return database;
}

describe("the store", () => {
  it("keeps what the first version has left, without a player", async () => {
    (await firstVersion()).close();
    const store = await openStore();
    expect(await store.load()).toMatchObject([{ study: "open", photo: "photo", player: "", event: EVENT }]);
    expect(await store.ticket()).toBe("");
  });

  it("waits for a window with an older version, and says so", async () => {
    const older = await firstVersion();
    const waits = vi.fn<() => void>();
    const opened = openStore(waits);
    await vi.waitUntil(() => waits.mock.calls.length === 1);
    older.close();
    expect(await (await opened).load()).toHaveLength(1);
  });

  it("gives way to a newer version, and says so", async () => {
    const outdated = vi.fn<() => void>();
    const store = await openStore(undefined, outdated);
    const newer = await openDB("safelight", 99);
    expect(outdated).toHaveBeenCalledTimes(1);
    await expect(store.put({ study: "open", photo: "photo", player: "me", event: EVENT })).rejects.toThrow();
    newer.close();
  });

  it("does not touch what a newer version has left", async () => {
    (await openDB("safelight", 99)).close();
    await expect(openStore()).rejects.toBeInstanceOf(NewerStore);
  });

  it("keeps the last ticket", async () => {
    const store = await openStore();
    await store.keepTicket("1:a");
    await store.keepTicket("1:b");
    expect(await (await openStore()).ticket()).toBe("1:b");
  });
});
