import { expect, it } from "vitest";

import type { Offer, Reservation, ReservationStatus } from "../../api/types";
import { isToDo, needsOf } from "./needs";

const NOW = Date.UTC(2026, 9, 5, 8);
const HOUR = 3_600_000;
const at = (hours: number) => new Date(NOW + hours * HOUR).toUTCString();

function reservation(id: string, status: ReservationStatus, patch: Partial<Reservation> = {}) {
  const bare = { id, status, offers: [], placement: [], instances: [], reasons: [], userid: 1 };
  return { ...bare, reply: "NONE", createdAt: at(-1), position: 1, ...patch } as Reservation;
}
const offers = (hours: number) => [{ held: true, expiresAt: at(hours) } as Offer];

it("puts what runs out first first, what is only to be known last, and leaves the rest out", () => {
  const needs = needsOf(
    [
      reservation("soon", "CONFIRMED", { startTime: at(2), endTime: at(3) }),
      reservation("far", "CONFIRMED", { startTime: at(200), endTime: at(300) }),
      reservation("ended", "EXPIRED"),
      reservation("new", "INITIATED"),
      reservation("countered", "COUNTERED", { offers: offers(0.2) }),
      reservation("accepted", "ACCEPTED", { offers: offers(0.1) }),
      reservation("begun", "CONFIRMED", { startTime: at(-1), endTime: at(3) }),
      reservation("auto", "CONFIRMED", { startTime: at(-1), endTime: at(3), autoStart: true }),
      reservation("runs", "ACTIVATED", { startTime: at(-1), endTime: at(1) }),
      reservation("changing", "ACTIVATED", {
        startTime: at(-1),
        endTime: at(1),
        change: { status: "COUNTERED", offers: offers(0.3) } as Reservation["change"],
      }),
    ],
    NOW,
  );
  expect(needs.map(({ kind, reservation }) => `${reservation.id}: ${kind}`)).toEqual([
    "accepted: confirm",
    "countered: choose",
    "changing: change",
    "begun: activate",
    "new: propose",
    "runs: ending",
    "soon: starting",
  ]);
  expect(needs.map(isToDo)).toEqual([true, true, true, true, true, false, false]);
});
