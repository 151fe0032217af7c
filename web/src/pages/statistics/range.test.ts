import { describe, expect, it } from "vitest";

import { DAY, HOUR, rangeOf, stepsFor } from "./range";

const NOW = Date.UTC(2026, 9, 5, 8, 20);

describe("the range of an address", () => {
  it("is the last week where it says nothing, with the step that runs", () => {
    expect(rangeOf({}, NOW, "UTC")).toEqual({
      from: Date.UTC(2026, 8, 28, 12),
      to: Date.UTC(2026, 9, 5, 12),
      step: 6 * HOUR,
    });
  });

  it("stays the same until the next step begins", () => {
    for (const range of ["last-day", "last-quarter", "next-month"]) {
      const then = rangeOf({ range }, NOW, "Europe/Zurich");
      expect(rangeOf({ range }, NOW + 30 * 60_000, "Europe/Zurich")).toEqual(then);
    }
  });

  it("has days of the zone that is shown", () => {
    const range = rangeOf({ range: "last-month" }, NOW, "Europe/Zurich");
    // Midnight in Zurich, two hours ahead in summer.
    expect(range?.to).toBe(Date.UTC(2026, 9, 5, 22));
    const ahead = rangeOf({ range: "next-month" }, NOW, "Europe/Zurich");
    expect(ahead?.from).toBe(Date.UTC(2026, 9, 4, 22));
  });

  it("takes a step that suits, and no other", () => {
    expect(rangeOf({ range: "last-day", step: String(15 * 60_000) }, NOW, "UTC")?.step).toBe(
      15 * 60_000,
    );
    expect(rangeOf({ range: "last-quarter", step: "60000" }, NOW, "UTC")?.step).toBe(7 * DAY);
    // 91 days of quarter hours would be more steps than the API answers at once.
    expect(stepsFor(91 * DAY).map(([ms]) => ms)).toEqual([6 * HOUR, DAY, 7 * DAY]);
  });

  it("is none where its ends are missing or turned round", () => {
    const [from, to] = ["2026-10-05T00:00:00Z", "2026-10-06T00:00:00Z"];
    expect(rangeOf({ range: "custom", from, to }, NOW, "UTC")).toMatchObject({
      from: Date.parse(from),
      to: Date.parse(to),
    });
    expect(rangeOf({ range: "custom", from: to, to: from }, NOW, "UTC")).toBeNull();
    expect(rangeOf({ range: "custom" }, NOW, "UTC")).toBeNull();
    expect(rangeOf({ range: "someday" }, NOW, "UTC")).toBeNull();
  });
});
