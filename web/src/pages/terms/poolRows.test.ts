import { describe, expect, it } from "vitest";

import type { Booking } from "../../api/types";
import { DAY } from "../../timeline/model";
import { areasOf, barsOf, rangeOf, reservationOf } from "./poolRows";

const AT = Date.UTC(2026, 9, 5);
const amounts = (vcpus: number, memoryMb = 0, diskGb = 0) => ({ vcpus, memoryMb, diskGb });
const step = (hour: number, firm: number, held: number) => ({
  from: new Date(AT + hour * 3_600_000).toISOString(),
  to: new Date(AT + (hour + 1) * 3_600_000).toISOString(),
  firm: amounts(firm),
  held: amounts(held),
  free: amounts(8 - firm - held),
  instances: { SMALL: 8 - firm - held },
});

describe("the pool's rows", () => {
  it("tell what is taken of the scarcest, firm and held apart, equal neighbours as one", () => {
    const areas = areasOf([step(0, 2, 2), step(1, 2, 2), step(2, 8, 0)], amounts(8, 1, 1), "SMALL");
    expect(areas.map(({ firm, held, words }) => [firm, held, words])).toEqual([
      [250, 250, "4 of 8 vCPUs free, 4 SMALL fit"],
      [1000, 0, "0 of 8 vCPUs free, 0 SMALL fit"],
    ]);
    expect(areas[0]?.to).toBe(AT + 2 * 3_600_000);
    const short = { ...step(0, 1, 0), firm: amounts(1, 900, 0) };
    expect(areasOf([short], amounts(8, 1000, 10))[0]?.firm).toBe(900);
  });

  it("ask for ranges within the API's limits that cover the view and do not change as one pans", () => {
    for (const length of [3_600_000, DAY, 7 * DAY, 91 * DAY, 400 * DAY]) {
      for (const byNode of [false, true]) {
        const view = { from: AT, to: AT + length };
        const range = rangeOf(view, byNode, AT);
        if (range === null) throw new Error("no range");
        expect(range.from <= view.from && view.to <= range.to).toBe(true);
        expect((range.to - range.from) / range.step).toBeLessThanOrEqual(byNode ? 100 : 300);
        const near = rangeOf({ from: AT + 1000, to: AT + 1000 + length }, byNode, AT);
        expect(near?.from).toBe(range.from);
      }
    }
    expect(rangeOf({ from: AT - 9 * DAY, to: AT - 8 * DAY }, false, AT)).toBeNull();
  });

  it("have each of one's reservations once, or on each node", () => {
    const booking = (reservation: string, node: string, userid: number): Booking => ({
      ...{ reservation, node, userid, count: 2, type: "SMALL", status: "CONFIRMED", kind: "firm" },
      offer: 1,
      startTime: "2026-10-05T08:00:00Z",
      endTime: "2026-10-05T09:00:00Z",
    });
    const bookings = [booking("a", "n1", 1), booking("a", "n2", 1), booking("b", "n1", 2)];
    const summed = barsOf(bookings, false, 1);
    expect(summed.map(({ label, kind, row }) => [label, kind, row])).toEqual([
      ["4 SMALL", "own", "all"],
    ]);
    const apart = barsOf(bookings, true, 1);
    expect(apart.map(({ row, kind }) => [row, kind])).toEqual([
      ["n1", "own"],
      ["n2", "own"],
      ["n1", "firm"],
    ]);
    expect(apart.map(reservationOf)).toEqual(["a", "a", "b"]);
    expect(barsOf(bookings, true, 1, "a").length).toBe(1);
  });
});
