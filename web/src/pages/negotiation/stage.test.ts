import { describe, expect, it } from "vitest";

import { type Reservation, RESERVATION_STATUSES, type ReservationStatus } from "../../api/types";
import { allowedIn, stageWords, tableOf } from "./stage";

function reservation(status: ReservationStatus, more: Partial<Reservation> = {}): Reservation {
  return {
    ...{ id: "r", status, reply: "INITIATED", userid: 1, placement: [], offers: [], reasons: [] },
    ...{ instances: [], createdAt: "2026-10-05T08:00:00Z", position: 1 },
    ...more,
  };
}

function saysOf(given: Reservation): string {
  return Object.entries(allowedIn(given))
    .filter(([, may]) => may)
    .map(([name]) => name)
    .join(" ");
}

describe("what may be said", () => {
  it("is what the protocol's table says of each state", () => {
    const table = RESERVATION_STATUSES.map((status) => [status, saysOf(reservation(status))]);
    expect(Object.fromEntries(table)).toEqual({
      INITIATED: "counter reject",
      COUNTERED: "accept counter reject",
      ACCEPTED: "confirm counter reject",
      CONFIRM_REQUESTED: "confirm reject",
      CONFIRMED: "counter activate cancel",
      ACTIVATED: "counter cancel",
      REJECTED: "",
      WITHDRAWN: "",
      LAPSED: "",
      CANCELLED: "",
      EXPIRED: "",
    });
  });

  it("is of the change where one is talked about", () => {
    const change = { asked: { id: "r", userid: 1 }, offers: [], reasons: [] };
    const of = (status: ReservationStatus) =>
      reservation("CONFIRMED", { change: { ...change, status, reply: "COUNTER" } });
    expect(saysOf(of("COUNTERED"))).toBe("accept counter reject activate cancel");
    expect(saysOf(of("CONFIRM_REQUESTED"))).toBe("confirm reject activate cancel");
    expect(saysOf(of("REJECTED"))).toBe("counter activate cancel");
    expect(tableOf(of("ACCEPTED")).isChange).toBe(true);
    expect(stageWords(of("REJECTED"))).toContain("stays in force");
  });

  it("are options where some are left before the start", () => {
    const options = { granted: 2, guaranteed: 1, priceEach: "1" };
    expect(allowedIn(reservation("CONFIRMED", { options })).options).toBe(true);
    expect(allowedIn(reservation("ACTIVATED", { options })).options).toBe(false);
  });

  it("has words for every state", () => {
    for (const status of RESERVATION_STATUSES) {
      expect(stageWords(reservation(status)).length).toBeGreaterThan(10);
    }
  });
});
