import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, getNext, join, postEvents, Unreachable } from "../src/shared/api";

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
    answer(200, '{"participant": "quiet-heron", "ticket": "1:a"}');
    expect(await join("open", "1:b", "k")).toEqual({ participant: "quiet-heron", ticket: "1:a" });
    const [url, options] = fetched.mock.calls[0] ?? [];
    expect(url).toBe("/api/studies/open/join/");
    expect(options?.headers).toMatchObject({ "X-CSRFToken": "secret" });
    expect(options?.body).toBe('{"kind":"human","ticket":"1:b","key":"k"}');
  });

  it("lets a request before unloading outlive the page", async () => {
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
    ["a page in place of JSON", 400, "<h1>Bad Request (400)</h1>"],
    ["a proxy without a server", 502, "<h1>Bad Gateway</h1>"],
    ["a server that restarts", 503, '{"error": {"code": "failed", "message": "", "seq": null}}'],
    ["a failing server", 500, '{"error": {"code": "broken", "message": "", "seq": null}}'],
    ["too many requests", 429, '{"error": {"code": "throttled", "message": "Wait.", "seq": null}}'],
    ["JSON of someone else", 404, '{"detail": "no"}'],
    ["an answer that broke off", 200, '{"photo": '],
  ])("takes %s for a server that may answer later", async (_what, status, body) => {
    answer(status, body);
    await expect(getNext("open")).rejects.toBeInstanceOf(Unreachable);
  });

  it("knows for how long the server asks to be left alone", async () => {
    const body = '{"error": {"code": "throttled", "message": "Wait.", "seq": null}}';
    fetched.mockResolvedValueOnce(new Response(body, { status: 429, headers: { "Retry-After": "7" } }));
    await expect(getNext("open")).rejects.toMatchObject({ name: "Unreachable", wait: 7000 });
  });

  describe("with a CSRF cookie that is out of date", () => {
    const refused = '{"error": {"code": "csrf_failed", "message": "CSRF Failed.", "seq": null}}';
    const batch = { study: "open", photo: "p", events: [] };

    it("fetches a new one and posts again", async () => {
      answer(403, refused);
      fetched.mockImplementationOnce(() => {
        vi.stubGlobal("document", { cookie: "csrftoken=renewed" });
        return Promise.resolve(new Response("{}"));
      });
      answer(200, "{}");
      await postEvents("some-episode", batch);
      const asked = fetched.mock.calls.map(([url]) => url);
      expect(asked).toEqual([
        "/api/episodes/some-episode/events/",
        "/api/studies/open/",
        "/api/episodes/some-episode/events/",
      ]);
      expect(fetched.mock.calls[2]?.[1]).toMatchObject({ method: "POST", headers: { "X-CSRFToken": "renewed" } });
    });

    it("takes a second refusal for a server that may answer later", async () => {
      answer(403, refused);
      answer(200, "{}");
      answer(403, refused);
      await expect(postEvents("some-episode", batch)).rejects.toBeInstanceOf(Unreachable);
      expect(fetched).toHaveBeenCalledTimes(3);
    });
  });

  it("takes a lost connection for a server that may answer later", async () => {
    fetched.mockRejectedValueOnce(new TypeError("Failed to fetch"));
    await expect(getNext("open")).rejects.toBeInstanceOf(Unreachable);
  });
});
