import { describe, expect, it } from "vitest";

import { timeMarks } from "./axis";
import { formatValue } from "./model";

const HOUR = 3600;
const NOON = Date.UTC(2026, 9, 5, 12) / 1000;

describe("the marks of a time axis", () => {
  it("name the day where a new one begins, in the zone that is shown", () => {
    const marks = [0, 6, 12].map((hours) => NOON + hours * HOUR);
    expect(timeMarks(marks, 6 * HOUR, "UTC")).toEqual(["12:00\n5 Oct", "18:00", "00:00\n6 Oct"]);
    expect(timeMarks(marks, 6 * HOUR, "Asia/Tokyo")).toEqual([
      "21:00\n5 Oct",
      "03:00\n6 Oct",
      "09:00",
    ]);
  });

  it("are days alone where a day or more is between them", () => {
    expect(timeMarks([NOON, NOON + 24 * HOUR], 24 * HOUR, "UTC")).toEqual(["5 Oct", "6 Oct"]);
  });
});

describe("values", () => {
  it("have as many digits as tell something", () => {
    expect([0, 7, 0.01234, 3.456, 123.4, 1_234_567].map(formatValue)).toEqual([
      "0",
      "7",
      "0.0123",
      "3.46",
      "123",
      "1\u202f234\u202f567",
    ]);
  });
});
