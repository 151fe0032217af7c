/** What needs its user now, of all their reservations: most urgent first. */
import type { Reservation } from "../../api/types";
import { canActivate, firstExpiry } from "../reservations/standing";

/** What starts or ends within this many milliseconds is soon. */
export const SOON_MS = 24 * 3_600_000;

export type NeedKind =
  "choose" | "confirm" | "propose" | "activate" | "change" | "starting" | "ending";

export interface Need {
  kind: NeedKind;
  reservation: Reservation;
  /** When it is too late, or when it comes about; RFC 1123 or RFC 3339. */
  until: string | null;
}

/** Whether the user has to do something, or only to know. */
export function isToDo({ kind }: Need): boolean {
  return kind !== "starting" && kind !== "ending";
}

function needOf(reservation: Reservation, now: number): Need | null {
  const { status, startTime, endTime, change, autoStart } = reservation;
  const need = (kind: NeedKind, until: string | null): Need => ({ kind, reservation, until });
  const isSoon = (at: string | undefined) =>
    at !== undefined && Date.parse(at) - now <= SOON_MS && Date.parse(at) > now;
  switch (status) {
    case "INITIATED":
      return need("propose", null);
    case "COUNTERED":
      return need("choose", firstExpiry(reservation));
    case "ACCEPTED":
    case "CONFIRM_REQUESTED":
      return need("confirm", firstExpiry(reservation));
    case "CONFIRMED":
    case "ACTIVATED":
      if (canActivate(reservation, now) && !autoStart) return need("activate", endTime ?? null);
      if (change) return need("change", firstExpiry(change));
      if (status === "CONFIRMED" && isSoon(startTime)) return need("starting", startTime ?? null);
      if (status === "ACTIVATED" && isSoon(endTime)) return need("ending", endTime ?? null);
      return null;
    case "REJECTED":
    case "WITHDRAWN":
    case "LAPSED":
    case "CANCELLED":
    case "EXPIRED":
      return null;
  }
}

/** What is to be done first, then what is only to be known; each by when. */
export function needsOf(reservations: readonly Reservation[], now: number): Need[] {
  const when = ({ until }: Need) => (until === null ? Number.POSITIVE_INFINITY : Date.parse(until));
  return reservations
    .map((reservation) => needOf(reservation, now))
    .filter((need) => need !== null)
    .sort((a, b) => Number(isToDo(b)) - Number(isToDo(a)) || when(a) - when(b) || 0);
}
