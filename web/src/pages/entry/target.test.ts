import { describe, expect, it } from "vitest";

import { targetOf } from "./target";

describe("where one goes after logging in", () => {
  it("is what was asked for", () => {
    expect(targetOf("/reservations?status=CONFIRMED")).toBe("/reservations?status=CONFIRMED");
  });

  it("is never another site's, nor the log-in again", () => {
    for (const next of [
      undefined,
      "",
      "//evil.example",
      "/\\evil.example",
      "https://evil.example",
    ]) {
      expect(targetOf(next)).toBe("/");
    }
    expect(targetOf("/login?next=%2Flogin")).toBe("/");
  });
});
