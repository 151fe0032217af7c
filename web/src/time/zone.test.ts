import { describe, expect, it } from "vitest";

import {
  formatDuration,
  formatMoment,
  fromField,
  instantOf,
  offsetAt,
  startOfDay,
  toField,
} from "./zone";

const HOUR = 3_600_000;
const ZONES = ["UTC", "Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"];

describe("zones", () => {
  it("prints the zone beside the time", () => {
    const at = Date.UTC(2026, 9, 19, 7);
    expect(formatMoment(at, "UTC")).toBe("Mon, 19 Oct 2026, 07:00 UTC");
    expect(formatMoment(at, "Europe/Zurich")).toBe("Mon, 19 Oct 2026, 09:00 CEST");
  });

  it("reads what it shows, in every zone and around every change of the clocks", () => {
    const year = Date.UTC(2026, 0, 1);
    for (const zone of ZONES) {
      for (let day = 0; day < 366; day += 1) {
        const midnight = year + day * 24 * HOUR;
        const changes = offsetAt(midnight, zone) !== offsetAt(midnight + 24 * HOUR, zone);
        const moments = changes
          ? Array.from({ length: 96 }, (_, i) => midnight + (i * HOUR) / 4)
          : [midnight];
        for (const at of moments) {
          const read = fromField(toField(at, zone), zone);
          // Of a time that comes twice it is the first.
          const doubled = offsetAt(at - 2 * HOUR, zone) - offsetAt(at, zone);
          expect(read === at || read === at - doubled, `${zone} ${at}`).toBe(true);
        }
      }
    }
  });

  it("reads a time that the clocks skip with the offset before", () => {
    // In Zurich the clocks went from 02:00 to 03:00 on 29 March 2026.
    expect(instantOf(Date.UTC(2026, 2, 29, 2, 30), "Europe/Zurich")).toBe(
      Date.UTC(2026, 2, 29, 1, 30),
    );
    expect(fromField("", "UTC")).toBeNull();
    expect(fromField("2026-13-01T00:00", "UTC")).toBeNull();
  });

  it("knows when a day begins, also where it has 23 hours", () => {
    const noon = Date.UTC(2026, 2, 29, 10);
    expect(startOfDay(noon, "Europe/Zurich")).toBe(Date.UTC(2026, 2, 28, 23));
    expect(startOfDay(Date.UTC(2026, 2, 29, 23), "Europe/Zurich")).toBe(Date.UTC(2026, 2, 29, 22));
  });

  it("says how long something is", () => {
    expect(
      [0, 59_000, 60_000, 249_000, HOUR, 65 * 60_000, 51 * HOUR, -HOUR].map(formatDuration),
    ).toEqual(["0 s", "59 s", "1 min", "4:09 min", "1 h", "1 h 05 min", "2 d 3 h", "-1 h"]);
  });
});
