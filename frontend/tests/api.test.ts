import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, getNext, join, postEvents, Unreachable } from "../src/api";

const fetched = vi.fn<typeof fetch>();

beforeEach(() => {
  vi.stubGlobal("fetch", fetched);
  vi.stubGlobal("document", { cookie: "other=1; csrftoken=secret; more=2" });
});
afterEach(() => {
  vi.unstubAllGlobals();
  fetched.mockReset();
});

function answer(status: number, body: string): void {
  fetched.mockResolvedValueOnce(new Response(body, { status }));
}

describe("the API", () => {
  it("posts with the token of the cookie", async () => {
    answer(200, "{}");
    await join("open");
    const [url, options] = fetched.mock.calls[0] ?? [];
    expect(url).toBe("/api/studies/open/join/");
    expect(options?.headers).toMatchObject({ "X-CSRFToken": "secret" });
    expect(options?.body).toBe('{"kind":"human"}');
  });

  it("lets a farewell outlive the page", async () => {
    answer(200, "{}");
    await postEvents("some-episode", { study: "open", photo: "p", events: [] }, true);
    expect(fetched.mock.calls[0]?.[1]?.keepalive).toBe(true);
  });

  it("tells a refusal by its name", async () => {
    answer(410, '{"error": {"code": "photo_removed", "message": "The photo is gone.", "seq": null}}');
    const refusal = await getNext("open").catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ApiError);
    expect(refusal).toMatchObject({ status: 410, code: "photo_removed", message: "The photo is gone." });
  });

  it.each([
    ["a proxy's page", 403, "<html>Sign in to this network</html>"],
    ["a failing server", 500, '{"error": {"code": "broken", "message": "", "seq": null}}'],
    ["too many requests", 429, '{"error": {"code": "throttled", "message": "Wait.", "seq": null}}'],
    ["JSON of someone else", 404, '{"detail": "no"}'],
    ["an answer that broke off", 200, '{"photo": '],
  ])("takes %s for a server that may answer later", async (_what, status, body) => {
    answer(status, body);
    await expect(getNext("open")).rejects.toBeInstanceOf(Unreachable);
  });

  it("takes a lost connection for a server that may answer later", async () => {
    fetched.mockRejectedValueOnce(new TypeError("Failed to fetch"));
    await expect(getNext("open")).rejects.toBeInstanceOf(Unreachable);
  });
});
