import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Downloading } from "../src/downloads/downloading";
import { texts } from "../src/downloads/texts";

const fetched = vi.fn<typeof fetch>();

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", fetched);
  vi.stubGlobal("document", { cookie: "csrftoken=secret" });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  fetched.mockReset();
});

function row(format: string, state: string, url: string | null = null, reason = "") {
  return { format, state, reason, url };
}

function answer(body: unknown, status = 200): void {
  fetched.mockResolvedValueOnce(new Response(JSON.stringify(body), { status }));
}

function answerOf(...downloads: unknown[]): void {
  answer({ offered: true, reason: "", downloads });
}

it("asks once, looks how far it is, and ends with the file", async () => {
  answer(row("jpeg", "queued"), 202);
  answerOf(row("png16", "ready", "/other"), row("jpeg", "working"));
  answerOf(row("jpeg", "ready", "/file"));
  const downloading = new Downloading("open", "some-episode");
  const done = downloading.ask();
  expect(downloading.shown.value.state).toBe("queued");
  await vi.runAllTimersAsync();
  await done;
  expect(downloading.shown.value).toEqual(row("jpeg", "ready", "/file"));
  expect(fetched.mock.calls.map(([url, options]) => [url, options?.method])).toEqual([
    ["/api/episodes/some-episode/downloads/", "POST"],
    ["/api/episodes/some-episode/downloads/", undefined],
    ["/api/episodes/some-episode/downloads/", undefined],
  ]);
});

it("goes on asking while the server does not answer", async () => {
  fetched.mockRejectedValueOnce(new TypeError("Failed to fetch"));
  answer(row("jpeg", "ready", "/file"));
  const downloading = new Downloading("open", "some-episode");
  void downloading.ask();
  await vi.runAllTimersAsync();
  expect(downloading.shown.value.url).toBe("/file");
});

it("says why the server refuses, and can be asked again", async () => {
  answer({ error: { code: "no_original", message: "There is only a preview.", seq: null } }, 409);
  const downloading = new Downloading("open", "some-episode");
  await downloading.ask();
  expect(downloading.shown.value).toEqual(row("jpeg", "failed", null, "There is only a preview."));
  answer(row("jpeg", "ready", "/file"));
  await downloading.ask();
  expect(downloading.shown.value.state).toBe("ready");
});

it("says so when what it waits for is gone", async () => {
  answer(row("jpeg", "queued"), 202);
  answerOf();
  const downloading = new Downloading("open", "some-episode");
  void downloading.ask();
  await vi.runAllTimersAsync();
  expect(downloading.shown.value).toEqual(row("jpeg", "failed", null, texts.gone));
});

it("begins where the server stands, and waits for what is under way", async () => {
  answerOf(row("jpeg", "ready", "/file"));
  const requested = [row("jpeg", "working"), row("png16", "failed", null, "No.")] as never;
  const downloading = new Downloading("open", "some-episode", requested);
  await vi.runAllTimersAsync();
  expect(downloading.shown.value.url).toBe("/file");
  downloading.choose("png16");
  expect(downloading.shown.value.reason).toBe("No.");
  downloading.choose("tiff16");
  expect(downloading.shown.value).toEqual(row("tiff16", "none"));
});

it("leaves what another format was waited for to itself", async () => {
  answer(row("jpeg", "queued"), 202);
  answerOf(row("jpeg", "ready", "/file"));
  const downloading = new Downloading("open", "some-episode");
  void downloading.ask();
  downloading.choose("tiff16");
  await vi.runAllTimersAsync();
  expect(downloading.shown.value).toEqual(row("tiff16", "none"));
});
