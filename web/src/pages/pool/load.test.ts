import { describe, expect, it } from "vitest";

import { barOf, isInService, reservationOf, rowOf, shareOf, statusInWords, stepFor } from "./load";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function amounts(vcpus: number) {
  return { vcpus, memoryMb: vcpus * 1024, diskGb: vcpus * 10 };
}

describe("the line of a node", () => {
  it("says what is firm, held and free of what there was in each step", () => {
    const row = rowOf(
      {
        node: "n1",
        status: "DRAINING",
        capacity: amounts(8),
        steps: [
          {
            from: "2026-10-05T08:00:00Z",
            to: "2026-10-05T09:00:00Z",
            firm: amounts(4),
            held: amounts(1),
            free: amounts(3),
          },
          // Its node was gone: nothing is there to be taken.
          {
            from: "2026-10-05T09:00:00Z",
            to: "2026-10-05T10:00:00Z",
            firm: amounts(0),
            held: amounts(0),
            free: amounts(0),
          },
        ],
      },
      "vcpus",
    );
    expect(row.detail).toBe("8 vCPUs, draining");
    expect(row.areas?.map(({ firm, held, words }) => [firm, held, words])).toEqual([
      [500, 125, "3 of 8 vCPUs free"],
      [0, 0, "0 of 0 vCPUs free"],
    ]);
  });

  it("has a bar for each booking that leads to its reservation", () => {
    const bar = barOf({
      reservation: "0190f5fe-1111",
      userid: 7,
      node: "n1",
      count: 2,
      type: "SMALL",
      startTime: "2026-10-05T08:00:00Z",
      endTime: "2026-10-05T09:00:00Z",
      status: "CONFIRMED",
      kind: "firm",
    });
    expect([bar.label, bar.to - bar.from, reservationOf(bar)]).toEqual([
      "2 × SMALL",
      HOUR,
      "0190f5fe-1111",
    ]);
  });
});

describe("steps", () => {
  it("are as short as the API answers for so many nodes", () => {
    expect(stepFor(DAY, 1)).toBe(15 * 60_000);
    expect(stepFor(7 * DAY, 3)).toBe(HOUR);
    expect(stepFor(7 * DAY, 1000)).toBe(DAY);
    for (const [ms, nodes] of [
      [91 * DAY, 200],
      [400 * DAY, 1000],
      [DAY, 20_000],
    ] as const) {
      expect(Math.ceil(ms / stepFor(ms, nodes)) * nodes).toBeLessThanOrEqual(20_000);
    }
  });
});

describe("words", () => {
  it("say how a node is, and how much of it", () => {
    expect(["IN_SERVICE", "LOST"].map(statusInWords)).toEqual(["in service", "lost"]);
    expect(["IN_SERVICE", "DRAINING"].map(isInService)).toEqual([true, false]);
    expect([shareOf(1, 3), shareOf(0, 0)]).toEqual([33.3, null]);
  });
});
