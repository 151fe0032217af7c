import { describe, expect, it } from "vitest";

import type { Node } from "../../api/types";

import {
  areasAhead,
  areasPast,
  barOf,
  isInService,
  reservationOf,
  rowOf,
  statusInWords,
  stepFor,
} from "./load";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function amounts(vcpus: number) {
  return { vcpus, memoryMb: vcpus * 1024, diskGb: vcpus * 10 };
}

describe("the line of a node", () => {
  const [eight, nine, ten] = [8, 9, 10].map(
    (hour) => `2026-10-05T${String(hour).padStart(2, "0")}:00:00Z`,
  ) as [string, string, string];

  it("says what is firm, held and free of what there is in each step ahead", () => {
    const areas = areasAhead(
      [
        { from: eight, to: nine, firm: amounts(4), held: amounts(1), free: amounts(3) },
        // The node will be gone: nothing is there to be taken.
        { from: nine, to: ten, firm: amounts(0), held: amounts(0), free: amounts(0) },
      ],
      "vcpus",
    );
    expect(areas.map(({ firm, held, words }) => [firm, held, words])).toEqual([
      [500, 125, "3 of 8 vCPUs free"],
      [0, 0, "0 of 0 vCPUs free"],
    ]);
  });

  it("says what was booked of the past, up to where what lies ahead begins", () => {
    const sums = { booked: String(3 * HOUR), used: "0", capacity: String(8 * HOUR) };
    const step = { vcpuMs: sums, memoryMbMs: sums, diskGbMs: sums };
    const until = Date.parse(eight) + HOUR / 2;
    const steps = [
      { ...step, from: eight, to: nine },
      { ...step, from: nine, to: ten },
    ];
    expect(areasPast(steps, "vcpus", until)).toEqual([
      { from: Date.parse(eight), to: until, firm: 375, held: 0, words: "38 % of the vCPUs booked" },
    ]);
  });

  it("names a node with what it has, and how it is where it takes nothing", () => {
    const node: Node = {
      ...{ name: "n1", status: "DRAINING", capacity: amounts(8), pool: "p" },
      ...{ instances: 0, since: null },
    };
    expect(rowOf(node, [], "memory").detail).toBe("8192 MiB, draining");
    expect(rowOf({ ...node, status: "IN_SERVICE" }, [], "vcpus").detail).toBe("8 vCPUs");
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
      offer: 1,
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
  it("say how a node is", () => {
    expect(["IN_SERVICE", "LOST"].map(statusInWords)).toEqual(["in service", "lost"]);
    expect(["IN_SERVICE", "DRAINING"].map(isInService)).toEqual([true, false]);
  });
});
