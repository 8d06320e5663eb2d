/** Answers on their way: kept until the server has them, sent once more where nobody knows, given up where it refuses. */
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, test, vi } from "vitest";
import { AnswerQueue, type SendAnswer } from "../src/answering/queue";
import { openAnswerStore, type Answer } from "../src/answering/store";
import { ApiError, Unreachable } from "../src/shared/api";

function answer(id: string, player = "quiet-heron"): Answer {
  return { id, study: "default", player, address: `/trials/${id}/`, body: { answer: 3 } };
}

/** A server that answers as it is told, and what it was sent. */
function server(...answers: readonly (Error | null)[]) {
  const sent: string[] = [];
  const left = [...answers];
  const send: SendAnswer = ({ id }) => {
    sent.push(id);
    const next = left.shift() ?? null;
    return next === null ? Promise.resolve() : Promise.reject(next);
  };
  return { sent, send };
}

const away = new Unreachable("no answer");

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  vi.useRealTimers();
});

test("an answer is sent, and then nothing waits", async () => {
  const { sent, send } = server();
  const store = await openAnswerStore();
  const queue = new AnswerQueue(store, send);
  await queue.add(answer("a"));
  await queue.add(answer("b"));
  await queue.flush();
  expect(sent).toEqual(["a", "b"]);
  expect(queue.status.value).toEqual({ state: "saved", waiting: 0 });
  expect(await store.load()).toEqual([]);
});

test("what did not arrive is sent again, in order, until it has", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { sent, send } = server(away, away, null, null);
  const queue = new AnswerQueue(await openAnswerStore(), send);
  await queue.add(answer("a"));
  await queue.add(answer("b"));
  const flushed = queue.flush();
  await vi.waitFor(() => expect(queue.status.value.state).not.toBe("saving"));
  queue.hurry();
  await vi.advanceTimersByTimeAsync(5_000);
  await flushed;
  expect(sent).toEqual(["a", "a", "a", "b"]);
});

test("a later visit takes over what the player has left, and nothing of others", async () => {
  const store = await openAnswerStore();
  await store.put(answer("mine"));
  await store.put(answer("theirs", "brave-otter"));
  const { sent, send } = server();
  const queue = new AnswerQueue(store, send);
  await queue.load("quiet-heron");
  expect(queue.status.value.waiting).toBe(1);
  await queue.flush();
  expect(sent).toEqual(["mine"]);
  expect((await store.load()).map(({ id }) => id)).toEqual(["theirs"]);
});

test.each(["conflict", "not_found", "malformed"])(
  "an answer that is refused as %s is set aside for good",
  async (code) => {
    const store = await openAnswerStore();
    const { sent, send } = server(new ApiError(409, code, "no"), null);
    const queue = new AnswerQueue(store, send);
    await queue.add(answer("a"));
    await queue.add(answer("b"));
    await queue.flush();
    expect(sent).toEqual(["a", "b"]);
    expect(await store.load()).toMatchObject([{ id: "a", refused: code }]);
    const later = new AnswerQueue(store, send);
    await later.load("quiet-heron");
    expect(later.status.value.waiting).toBe(0);
  },
);

test("where the visit has ended, answers stay, and who waits is told", async () => {
  const store = await openAnswerStore();
  const refusal = new ApiError(401, "not_joined", "Join first.");
  const queue = new AnswerQueue(store, server(refusal, refusal).send);
  await queue.add(answer("a"));
  await expect(queue.flush()).rejects.toBe(refusal);
  expect((await store.load()).map(({ id }) => id)).toEqual(["a"]);
  expect(queue.status.value.waiting).toBe(1);
});

test("what cannot be stored is sent all the same, and is said to be in memory alone", async () => {
  const store = await openAnswerStore();
  const full = { ...store, put: () => Promise.reject(new Error("the disk is full")) };
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const queue = new AnswerQueue(full, () => gate);
  await queue.add(answer("a"));
  expect(queue.onlyInMemory).toBe(true);
  open();
  await queue.flush();
  expect(queue.onlyInMemory).toBe(false);
});

test("a draft is kept under its name until it is removed", async () => {
  const store = await openAnswerStore();
  await store.keepDraft("before", { age: 34 });
  expect(await store.draft("before")).toEqual({ age: 34 });
  await store.removeDraft("before");
  expect(await store.draft("before")).toBeUndefined();
});
