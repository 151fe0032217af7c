import type { ProposalOut } from "../../api/types";
import { describe, expect, it } from "vitest";

import { parseDuration, writeDuration } from "./duration";
import {
  defaultFields,
  fieldsFrom,
  fieldsOf,
  isoOf,
  proposalOf,
  textsOf,
  windowOf,
} from "./fields";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 9, 5, 8, 0, 0);
const DEFAULTS = defaultFields(["SMALL", "LARGE"], ["Debian"], NOW);

describe("the fields of terms", () => {
  it("are an hour from the next full one on where nothing was said", () => {
    expect(windowOf(DEFAULTS)).toEqual({ from: NOW + HOUR, to: NOW + 2 * HOUR });
    expect(fieldsOf({}, DEFAULTS)).toEqual(DEFAULTS);
  });

  it("come back from the address as they went in", () => {
    const fields = {
      ...DEFAULTS,
      ...{ type: "LARGE", fixed: 3, option: 2, duration: 90_000, price: "4.5", autoStart: false },
      ...{ start: NOW + 61_000, earliest: NOW + 1000, latest: NOW + 9 * HOUR },
    };
    expect(fieldsOf(textsOf(fields), DEFAULTS)).toEqual(fields);
    const moved = fieldsOf(textsOf({ earliest: null }), fields);
    expect([moved.earliest, moved.latest]).toEqual([null, fields.latest]);
  });

  it("take no nonsense from an address", () => {
    const read = fieldsOf({ count: "-3", option: "two", start: "soon", duration: "1.5" }, DEFAULTS);
    expect(read).toEqual(DEFAULTS);
  });

  it("make the proposal, and are made again from what comes back", () => {
    const asked = { ...DEFAULTS, price: " 4 ", latest: NOW + 5 * HOUR };
    const proposal = proposalOf(asked);
    expect(proposal).toEqual({
      type: "SMALL",
      template: "Debian",
      numInstancesFixed: 1,
      numInstancesOption: 0,
      startTime: "2026-10-05T09:00:00.000Z",
      duration: HOUR,
      price: "4",
      latestEnd: "2026-10-05T13:00:00.000Z",
    });
    const out = {
      ...(proposal as ProposalOut),
      startTime: "Mon, 05 Oct 2026 09:00:00 GMT",
      id: "x",
      userid: 1,
    };
    expect(fieldsFrom(out, DEFAULTS)).toEqual({ ...asked, price: "4" });
  });

  it("are short in the address", () => {
    expect(isoOf(NOW)).toBe("2026-10-05T08:00Z");
    expect(isoOf(NOW + 1000)).toBe("2026-10-05T08:00:01Z");
    expect(isoOf(NOW + 1001)).toBe("2026-10-05T08:00:01.001Z");
  });
});

describe("durations", () => {
  it("are read as people type them", () => {
    const read = ["2 d 3 h", "1h05min", "90 min", "1:30", "1.5 h", "2 days", "", "90", "3 weeks"];
    expect(read.map(parseDuration)).toEqual([
      51 * HOUR,
      65 * 60_000,
      90 * 60_000,
      90 * 60_000,
      90 * 60_000,
      48 * HOUR,
      null,
      null,
      null,
    ]);
  });

  it("read back as they are written", () => {
    for (const ms of [60_000, 90_000, HOUR, 51 * HOUR + 61_000, 31 * 24 * HOUR]) {
      expect(parseDuration(writeDuration(ms))).toBe(ms);
    }
  });
});
