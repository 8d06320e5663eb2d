import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { openDB } from "idb";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, Unreachable, type Batch } from "../src/shared/api";
import { Outbox, type Send } from "../src/play/outbox";
import { MEMORY_ONLY, openStore, type Parcel } from "../src/play/store";
import type { GameEvent } from "../src/game/events";

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("navigator", { onLine: true });
});

const PLAYER = "quiet-heron-48213";

function event(episode: string, seq: number): GameEvent {
  const rest = {
    kind: "focus",
    step: null,
    filter: null,
    parameters: null,
    ms: seq,
    contract_version: 1,
    gesture: null,
  } as const;
  return { id: `${episode} ${seq}`, episode, seq, ...rest };
}

function parcel(episode: string, seq: number): Parcel {
  return { study: "open", photo: "photo", player: PLAYER, event: event(episode, seq) };
}

/** A server that remembers the ids of what it took, and answers as it is told to: true takes, an error is thrown. */
function server(...answers: (true | Error)[]) {
  const batches: string[][] = [];
  const send: Send = (_episode: string, batch: Batch) => {
    const answer = answers.shift() ?? true;
    if (answer !== true) return Promise.reject(answer);
    batches.push(batch.events.map(({ id }) => id));
    return Promise.resolve();
  };
  return { send, batches };
}

/** What IndexedDB holds: the id of each event, and why it was refused, if it was. */
async function rowsLeft(): Promise<[string, string | undefined][]> {
  const database = await openDB("safelight");
  const rows = (await database.getAll("parcels")) as { id: string; refused?: string }[];
  database.close();
  return rows.map(({ id, refused }) => [id, refused]);
}

function neverRefused(): void {
  throw new Error("nothing should be refused");
}

describe("the outbox", () => {
  it("sends events in order, those of one episode together", async () => {
    const { send, batches } = server();
    const outbox = new Outbox(await openStore(), send, neverRefused);
    for (const [episode, seq] of [
      ["a", 0],
      ["a", 1],
      ["b", 0],
      ["a", 2],
    ] as const)
      outbox.add(parcel(episode, seq));
    await outbox.flush();
    expect(batches.flat()).toEqual(["a 0", "a 1", "b 0", "a 2"]);
    expect(batches.every((batch) => new Set(batch.map((id) => id[0])).size === 1)).toBe(true);
    expect(outbox.status.value).toEqual({ state: "saved", waiting: 0 });
  });

  it("sends at most 500 events at once", async () => {
    const { send, batches } = server(new Unreachable("no"));
    const outbox = new Outbox(MEMORY_ONLY, send, neverRefused);
    for (let seq = 0; seq < 1001; seq += 1) outbox.add(parcel("a", seq));
    const done = outbox.flush();
    await vi.waitUntil(() => outbox.status.value.state === "unanswered");
    outbox.hurry();
    await done;
    expect(batches.map((batch) => batch.length)).toEqual([500, 500, 1]);
  });

  it("keeps an event that no one answered for, says so, and sends it when the connection is back", async () => {
    const { send, batches } = server(new Unreachable("no"));
    const store = await openStore();
    const outbox = new Outbox(store, send, neverRefused);
    outbox.add(parcel("a", 0));
    await vi.waitUntil(() => outbox.status.value.state === "unanswered");
    expect(outbox.status.value.waiting).toBe(1);
    expect(await store.load()).toMatchObject([parcel("a", 0)]);
    outbox.hurry();
    await outbox.flush();
    expect(batches).toEqual([["a 0"]]);
    expect(await store.load()).toEqual([]);
  });

  it("leaves a server alone for as long as it asks, whatever hurries, and loses nothing", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const { send, batches } = server(new Unreachable("too many", 90_000));
    const outbox = new Outbox(MEMORY_ONLY, send, neverRefused);
    outbox.add(parcel("a", 0));
    await vi.waitUntil(() => outbox.status.value.state === "unanswered");
    outbox.add(parcel("a", 1));
    outbox.hurry();
    await vi.advanceTimersByTimeAsync(89_000);
    outbox.hurry();
    await vi.advanceTimersByTimeAsync(500);
    expect(batches).toEqual([]);
    expect(outbox.status.value.waiting).toBe(2);
    await vi.advanceTimersByTimeAsync(1000);
    await outbox.flush();
    expect(batches).toEqual([["a 0", "a 1"]]);
    vi.useRealTimers();
  });

  it("tells a lost connection from a server that does not answer", async () => {
    vi.stubGlobal("navigator", { onLine: false });
    const outbox = new Outbox(MEMORY_ONLY, server(new Unreachable("no")).send, neverRefused);
    outbox.add(parcel("a", 0));
    await vi.waitUntil(() => outbox.status.value.state === "offline");
    outbox.hurry();
    await outbox.flush();
    expect(outbox.status.value.state).toBe("saved");
  });

  it("says that actions were refused until the next one is taken", async () => {
    const { send } = server(new ApiError(409, "gap", "no"));
    const outbox = new Outbox(MEMORY_ONLY, send, () => undefined);
    outbox.add(parcel("a", 0));
    await outbox.flush();
    expect(outbox.status.value).toEqual({ state: "refused", waiting: 1 });
    outbox.add(parcel("b", 0));
    await outbox.flush();
    expect(outbox.status.value).toEqual({ state: "saved", waiting: 0 });
  });

  it("tries again by itself", async () => {
    const { send, batches } = server(new Unreachable("no"));
    const outbox = new Outbox(MEMORY_ONLY, send, neverRefused);
    outbox.add(parcel("a", 0));
    await outbox.flush();
    expect(batches).toEqual([["a 0"]]);
  });

  it("sends after a reload what the visit before could not, before anything new", async () => {
    const before = new Outbox(await openStore(), () => new Promise<void>(() => undefined), neverRefused);
    before.add(parcel("a", 0));
    before.add(parcel("a", 1));
    const store = await openStore();
    await vi.waitUntil(async () => (await store.load()).length === 2);
    const { send, batches } = server();
    const after = new Outbox(store, send, neverRefused);
    await after.load(PLAYER);
    after.add(parcel("a", 2));
    await after.flush();
    expect(batches.flat()).toEqual(["a 0", "a 1", "a 2"]);
    expect(await store.load()).toEqual([]);
  });

  it.each([
    [410, "photo_removed"],
    [409, "gap"],
    [409, "stale_contract"],
    [409, "conflict"],
    [400, "out_of_range"],
    [400, "malformed"],
  ])("sets an episode aside that the server refuses for what it is, and no other (%d %s)", async (status, code) => {
    const { send, batches } = server(new ApiError(status, code, "no", 0));
    const refused = vi.fn<(episode: string, error: ApiError) => void>();
    const store = await openStore();
    const outbox = new Outbox(store, send, refused);
    for (const [episode, seq] of [
      ["a", 0],
      ["b", 0],
      ["a", 1],
    ] as const)
      outbox.add(parcel(episode, seq));
    await outbox.flush();
    expect(refused.mock.calls.map(([episode, error]) => [episode, error.code])).toEqual([["a", code]]);
    expect(batches).toEqual([["b 0"]]);
    expect(outbox.status.value).toEqual({ state: "refused", waiting: 2 });
    expect(await rowsLeft()).toEqual([
      ["a 0", code],
      ["a 1", code],
    ]);
  });

  it.each([
    [401, "not_joined"],
    [403, "study_closed"],
    [403, "forbidden"],
    [413, "too_large"],
  ])("keeps an episode for the next visit that is refused for who or when it is (%d %s)", async (status, code) => {
    const { send, batches } = server(new ApiError(status, code, "no"));
    const refused = vi.fn<(episode: string, error: ApiError) => void>();
    const store = await openStore();
    const outbox = new Outbox(store, send, refused);
    for (const [episode, seq] of [
      ["a", 0],
      ["b", 0],
      ["a", 1],
    ] as const)
      outbox.add(parcel(episode, seq));
    await outbox.flush();
    outbox.add(parcel("a", 2));
    await outbox.flush();
    expect(refused).toHaveBeenCalledTimes(1);
    expect(batches).toEqual([["b 0"]]);
    expect(outbox.status.value).toEqual({ state: "held", waiting: 3 });

    const later = new Outbox(store, send, neverRefused);
    await later.load(PLAYER);
    await later.flush();
    expect(batches).toEqual([["b 0"], ["a 0", "a 1", "a 2"]]);
    expect(await rowsLeft()).toEqual([]);
  });

  it.each([
    [400, "malformed"],
    [404, "not_found"],
    [405, "method_not_allowed"],
    [400, "something_new"],
  ])("keeps and sends again what a mistake of the server refuses (%d %s)", async (status, code) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { send, batches } = server(new ApiError(status, code, "no"), new ApiError(status, code, "no"));
    const outbox = new Outbox(MEMORY_ONLY, send, neverRefused);
    outbox.add(parcel("a", 0));
    outbox.add(parcel("b", 0));
    await outbox.flush();
    expect(outbox.status.value).toEqual({ state: "held", waiting: 2 });
    await vi.advanceTimersByTimeAsync(30_000);
    await outbox.flush();
    vi.useRealTimers();
    expect(batches).toEqual([["a 0"], ["b 0"]]);
    expect(outbox.status.value).toEqual({ state: "saved", waiting: 0 });
  });

  it("sends at the next visit what an earlier version set aside for a mistake of the server", async () => {
    const store = await openStore();
    for (const [episode, code] of [
      ["a", "not_found"],
      ["b", "malformed"],
      ["c", "gap"],
    ] as const) {
      await store.put(parcel(episode, 0));
      await store.setAside([parcel(episode, 0)], code);
    }
    const { send, batches } = server();
    const outbox = new Outbox(store, send, neverRefused);
    await outbox.load(PLAYER);
    await outbox.flush();
    expect(batches).toEqual([["a 0"], ["b 0"]]);
    expect(await rowsLeft()).toEqual([["c 0", "gap"]]);
  });

  it("keeps nothing of a participant who has withdrawn", async () => {
    const { send, batches } = server(new ApiError(403, "withdrawn", "You have withdrawn", null), true);
    const refused = vi.fn();
    const outbox = new Outbox(await openStore(), send, refused);
    outbox.add(parcel("a", 0));
    outbox.add(parcel("a", 1));
    await outbox.flush();
    expect(refused).toHaveBeenCalledOnce();
    expect(batches).toEqual([]);
    expect(await rowsLeft()).toEqual([]);
    expect(outbox.status.value.waiting).toBe(2);
  });

  it("works from memory where the browser has no IndexedDB", async () => {
    vi.spyOn(indexedDB, "open").mockImplementation(() => {
      throw new DOMException("not in private windows", "SecurityError");
    });
    const { send, batches } = server();
    const outbox = new Outbox(await openStore(), send, neverRefused);
    outbox.add(parcel("a", 0));
    await outbox.flush();
    expect(batches).toEqual([["a 0"]]);
  });

  it("sends what waits before the page is unloaded, in a request that outlives it", async () => {
    const sent: [number, boolean | undefined][] = [];
    const send: Send = (_episode, batch, keepalive) => {
      sent.push([batch.events.length, keepalive]);
      return new Promise<void>(() => undefined);
    };
    const outbox = new Outbox(await openStore(), send, neverRefused);
    outbox.add(parcel("a", 0));
    outbox.add(parcel("a", 1));
    outbox.sendBeforeUnload();
    expect(sent).toEqual([
      [1, undefined],
      [2, true],
    ]);
  });

  it("sends nothing before unloading that the browser would refuse for its size", () => {
    const sent: boolean[] = [];
    const send: Send = (_episode, _batch, keepalive = false) => {
      sent.push(keepalive);
      return new Promise<void>(() => undefined);
    };
    const outbox = new Outbox(MEMORY_ONLY, send, neverRefused);
    for (let seq = 0; seq < 500; seq += 1) outbox.add(parcel("a", seq));
    outbox.sendBeforeUnload();
    expect(sent).toEqual([false]);
  });

  it("sends again, before anything new, what another player had left, once that player is back", async () => {
    const store = await openStore();
    await store.put({ ...parcel("a", 0), player: "other" });
    await store.put(parcel("b", 0));
    const { send, batches } = server();
    const outbox = new Outbox(store, send, neverRefused);
    expect(await outbox.load(PLAYER)).toBe(1);
    await outbox.flush();
    expect(batches).toEqual([["b 0"]]);
    expect(await rowsLeft()).toEqual([["a 0", "another_player"]]);

    expect(await new Outbox(store, send, neverRefused).load(PLAYER)).toBe(0);
    const back = new Outbox(store, send, neverRefused);
    expect(await back.load("other")).toBe(0);
    await back.flush();
    expect(batches).toEqual([["b 0"], ["a 0"]]);
    expect(await rowsLeft()).toEqual([]);
  });

  it("leaves to another window what is stored, and takes over what that has left", async () => {
    const store = await openStore();
    const { send, batches } = server(new Unreachable("no"));
    const outbox = new Outbox(store, send, neverRefused);
    outbox.add(parcel("a", 0));
    await outbox.stop();
    await outbox.flush();
    expect(batches).toEqual([]);
    expect(await rowsLeft()).toEqual([["a 0", undefined]]);

    const other = new Outbox(store, send, neverRefused);
    await other.load(PLAYER);
    await other.flush();
    expect(batches).toEqual([["a 0"]]);
    await store.put(parcel("a", 1));
    await outbox.load(PLAYER);
    await outbox.flush();
    expect(batches).toEqual([["a 0"], ["a 1"]]);
  });

  it("says when something is in memory alone, keeps it when another window plays, and sends it later", async () => {
    const { send, batches } = server(new Unreachable("no"));
    const outbox = new Outbox(MEMORY_ONLY, send, neverRefused);
    expect(outbox.onlyInMemory.value).toBe(false);
    outbox.add(parcel("a", 0));
    await outbox.stop();
    expect(outbox.onlyInMemory.value).toBe(true);
    expect(outbox.status.value.waiting).toBe(1);
    await outbox.load(PLAYER);
    await outbox.flush();
    expect(batches).toEqual([["a 0"]]);
  });
});
