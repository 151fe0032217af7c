/** What a reservation is waiting for, and what its user may say. */
import type { Offer, Reason, Reservation, ReservationStatus } from "../../api/types";

/** What is talked about now: the first terms, or a change of those agreed on. */
export interface Table {
  status: ReservationStatus;
  offers: Offer[];
  reasons: Reason[];
  isChange: boolean;
}

export function tableOf(reservation: Reservation): Table {
  const { change } = reservation;
  const { status, offers, reasons } = change ?? reservation;
  return { status, offers, reasons, isChange: change !== undefined };
}

/** Whether it can be said now. */
export interface Allowed {
  accept: boolean;
  confirm: boolean;
  counter: boolean;
  reject: boolean;
  activate: boolean;
  cancel: boolean;
  options: boolean;
}

/** What who only looks on may do. */
export const NOTHING: Allowed = {
  accept: false,
  confirm: false,
  counter: false,
  reject: false,
  activate: false,
  cancel: false,
  options: false,
};

/** What the state allows (PROTOCOL.md, States); the API has the last word. */
export function allowedIn(reservation: Reservation): Allowed {
  const { status } = reservation;
  const table = tableOf(reservation);
  const agreed = status === "CONFIRMED" || status === "ACTIVATED";
  const talks = ["COUNTERED", "ACCEPTED", "CONFIRM_REQUESTED"].includes(table.status);
  return {
    accept: table.status === "COUNTERED",
    confirm: table.status === "ACCEPTED" || table.status === "CONFIRM_REQUESTED",
    counter:
      ["INITIATED", "COUNTERED", "ACCEPTED"].includes(table.status) ||
      (agreed && table.status !== "CONFIRM_REQUESTED"),
    reject: talks || status === "INITIATED",
    activate: status === "CONFIRMED",
    cancel: agreed,
    options: status === "CONFIRMED" && (reservation.options?.granted ?? 0) > 0,
  };
}

/** What stands, and what comes next, in a sentence or two. */
export function stageWords(reservation: Reservation): string {
  const table = tableOf(reservation);
  if (table.isChange) return changeWords(table);
  switch (reservation.status) {
    case "INITIATED":
      return "Nothing was asked for yet.";
    case "COUNTERED":
      return "It cannot be had as asked. Accept one of the offers, ask for something else, or reject.";
    case "ACCEPTED":
      return "It can be had as asked. Confirm it to make it yours.";
    case "CONFIRM_REQUESTED":
      return "You accepted an offer. Confirm it to make it yours.";
    case "CONFIRMED":
      return reservation.autoStart === false
        ? "It is yours. Activate it from its start on."
        : "It is yours. It starts by itself.";
    case "ACTIVATED":
      return "Its instances were started.";
    case "REJECTED":
      return "It cannot be had, and there is nothing near it to offer.";
    case "WITHDRAWN":
      return "It was given up before it was confirmed.";
    case "LAPSED":
      return "Nothing was said in time, so it lapsed.";
    case "CANCELLED":
      return "It was cancelled.";
    case "EXPIRED":
      return "Its time is over.";
  }
}

function changeWords({ status }: Table): string {
  switch (status) {
    case "COUNTERED":
      return "The change cannot be had as asked. Accept one of the offers, ask for something else, or keep what was agreed.";
    case "ACCEPTED":
      return "The change can be had as asked. Confirm it to put it in force.";
    case "CONFIRM_REQUESTED":
      return "You accepted a changed offer. Confirm it to put it in force.";
    case "REJECTED":
      return "The change cannot be had; what was agreed stays in force.";
    default:
      return "A change is being talked about; what was agreed stays in force.";
  }
}
