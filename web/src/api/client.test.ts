import { afterEach, describe, expect, it, vi } from "vitest";

import { get, getAll, nextCursor, post, urlOf, whenUnauthorized } from "./client";
import { asApiError } from "./problem";

function answer(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
}

afterEach(() => vi.unstubAllGlobals());

describe("the API's client", () => {
  it("leaves out what is not asked and joins lists", () => {
    expect(
      urlOf("/reservations", { status: ["ACCEPTED", "CONFIRMED"], from: undefined, to: "" }),
    ).toBe("/OpenPEX/reservations?status=ACCEPTED%2CCONFIRMED");
  });

  it("follows the Link header to the end and says whether it saw all", async () => {
    const next = { Link: '</OpenPEX/things?cursor=7&limit=2>; rel="next"' };
    const pages = () => {
      const answers = [answer(200, [1, 2], next), answer(200, [3])];
      return vi.fn(() => Promise.resolve(answers.shift()));
    };
    vi.stubGlobal("fetch", pages());
    expect(await getAll("/things", {}, 10)).toEqual({ entries: [1, 2, 3], isWhole: true });
    vi.stubGlobal("fetch", pages());
    expect(await getAll("/things", {}, 2)).toEqual({ entries: [1, 2], isWhole: false });
    expect(nextCursor(null)).toBeNull();
  });

  it("says what the API said, and that it did not answer where it did not", async () => {
    const problem = { code: "window_in_past", status: 422, detail: "startTime: is 5 min ago" };
    vi.stubGlobal("fetch", () => Promise.resolve(answer(422, problem, { "X-Request-Id": "r1" })));
    const refused = asApiError(await post("/reservations").catch((error: unknown) => error));
    expect([refused.code, refused.message, refused.requestId]).toEqual([
      "window_in_past",
      "startTime: is 5 min ago",
      "r1",
    ]);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed to fetch")));
    const silent = asApiError(await get("/clock").catch((error: unknown) => error));
    expect(silent.code).toBe("unreachable");
  });

  it("tells when the session has ended, but not of a wrong password", async () => {
    const told = vi.fn();
    whenUnauthorized(told);
    for (const [code, times] of [
      ["credentials_wrong", 0],
      ["credentials_missing", 1],
    ] as const) {
      vi.stubGlobal("fetch", () => Promise.resolve(answer(401, { code, status: 401, detail: "" })));
      await get("/account").catch(() => undefined);
      expect(told).toHaveBeenCalledTimes(times);
    }
  });
});
