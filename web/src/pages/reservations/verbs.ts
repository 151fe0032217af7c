import { activateReservation, cancelReservation } from "../../api/endpoints";
import type { Reservation } from "../../api/types";
import type { Verb } from "../../ui/bulk";

export const ACTIVATE: Verb<Reservation> = {
  name: "activate",
  past: "activated",
  run: ({ id }, intent) => activateReservation(id, intent),
};

/** A reservation that is deleted again is as it was, so it needs no intent. */
export const DELETE: Verb<Reservation> = {
  name: "delete",
  past: "deleted",
  run: ({ id }) => cancelReservation(id),
};
