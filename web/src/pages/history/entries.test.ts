import { describe, expect, it } from "vitest";

import type { HistoryEntry } from "../../api/types";
import {
  around,
  checkLinks,
  folded,
  instancesAsOf,
  nameInWords,
  selectedIndex,
  wordsByPosition,
} from "./entries";

const AT = Date.UTC(2026, 9, 5, 8);

function entry(position: number, event: string, patch: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    position,
    sequence: position,
    at: new Date(AT + position * 1000).toISOString(),
    sender: "user",
    event,
    data: null,
    hash: `h${position}`,
    previousHash: `h${position - 1}`,
    aggregate: "reservation",
    id: "r",
    userid: null,
    version: "1",
    metadata: {},
    ...patch,
  };
}

const instance = (position: number, event: string, data: unknown = null) =>
  entry(position, event, { aggregate: "instance", id: "i", data, sender: "hypervisor" });

describe("a history", () => {
  it("folds long pauses and says how long they were", () => {
    const late = entry(3, "ReservationConfirmed", {
      at: new Date(AT + 3 * 3_600_000).toISOString(),
    });
    const pieces = folded([entry(1, "A"), entry(2, "B"), late]);
    expect(pieces.map((piece) => (piece.kind === "idle" ? piece.ms : piece.index))).toEqual([
      0,
      1,
      3 * 3_600_000 - 2000,
      2,
    ]);
  });

  it("shows the newest event up to the position in the address", () => {
    const entries = [entry(4, "A"), entry(7, "B"), entry(9, "C")];
    const shown = (at?: string) => selectedIndex(entries, at);
    expect([shown(), shown("7"), shown("8"), shown("1"), shown("99"), shown("x")]).toEqual([
      2, 1, 1, 0, 2, 2,
    ]);
  });

  it("says in words what instances went through, and keeps what the API says", () => {
    const entries = [
      entry(1, "ReservationActivated"),
      instance(2, "InstanceRequested", { spec: { name: "pex-1", node: "node-2" } }),
      instance(3, "EffectIntended", { effect: "start", attempt: 2 }),
      instance(4, "EffectSucceeded", {
        effect: "start",
        attempt: 2,
        observation: { power_state: "RUNNING", ip_address: "10.0.0.4" },
      }),
      instance(5, "RemovalRequested", { cause: "expired" }),
      instance(6, "SomethingNew"),
    ];
    const step = { position: 1, words: ["Activated."], at: "", sender: null, event: "", data: 0 };
    const explanation = { id: "r", status: "ACTIVATED" as const, summary: [], steps: [step] };
    expect([...wordsByPosition(entries, explanation).values()].flat()).toEqual([
      "Activated.",
      "pex-1 is wanted running on node-2.",
      "The hypervisor is told to start pex-1, try 2.",
      "pex-1: start is done, try 2; seen RUNNING at 10.0.0.4.",
      "pex-1 is to go: the reservation's time is over.",
      "pex-1: Something new.",
    ]);
    const then = (position: number) =>
      instancesAsOf(entries, position).map(({ wanted, seen }) => [wanted, seen]);
    expect([then(1), then(3), then(4), then(5)]).toEqual([
      [],
      [["RUNNING", "UNKNOWN"]],
      [["RUNNING", "RUNNING"]],
      [["GONE", "RUNNING"]],
    ]);
    expect(nameInWords("ReservationConfirmed")).toBe("Reservation confirmed");
  });

  it("finds an event that does not follow its neighbour", () => {
    const entries = [entry(4, "A"), entry(5, "B"), entry(8, "C"), entry(9, "D")];
    expect(checkLinks(entries)).toEqual({ linked: 2, broken: [], apart: 2 });
    const forged = entries.map((e) => (e.position === 8 ? { ...e, hash: "other" } : e));
    expect(checkLinks(forged)).toEqual({ linked: 1, broken: [9], apart: 2 });
  });

  it("draws a part of a long one", () => {
    const many = Array.from({ length: 10 }, (_, n) => n);
    expect(around(many, 0, 4)).toEqual([0, 1, 2, 3]);
    expect(around(many, 5, 4)).toEqual([3, 4, 5, 6]);
    expect(around(many, 9, 4)).toEqual([6, 7, 8, 9]);
    expect(around([1, 2], 1, 4)).toEqual([1, 2]);
  });
});
