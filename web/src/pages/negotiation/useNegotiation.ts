import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import {
  activateReservation,
  cancelReservation,
  changeOptions,
  negotiate,
  readTaggedReservation,
} from "../../api/endpoints";
import { ApiError } from "../../api/problem";
import type { Message, NegotiationAnswer, Reservation } from "../../api/types";
import { useIntent } from "../../ui/useIntent";

/** Everything that a user can do to a reservation. */
export type Act =
  | { do: "say"; message: Message }
  | { do: "activate" }
  | { do: "cancel" }
  | { do: "options"; change: { claim: number } | { drop: number } };

/** The reservation as it stands, kept up to date. */
export function useReservation(id: string) {
  return useQuery({
    queryKey: ["reservation", id, "tagged"],
    queryFn: ({ signal }) => readTaggedReservation(id, signal),
  });
}

function carryOut(
  id: string,
  act: Act,
  intent: string,
  tag: string | undefined,
): Promise<NegotiationAnswer> {
  switch (act.do) {
    case "say":
      return negotiate(id, act.message, intent, tag);
    case "activate":
      return activateReservation(id, intent);
    case "cancel":
      return cancelReservation(id, intent);
    case "options":
      return changeOptions(id, act.change, intent);
  }
}

/** What was done, for the words that tell it. */
export interface Done {
  act: Act;
  answer: NegotiationAnswer;
}

/**
 * Says and does things to a reservation as it was seen: where somebody, in another window perhaps,
 * was faster, the API refuses, and the page shows what is in force now.
 */
export function useActs(id: string, seen: Reservation | undefined, tag: string | null) {
  const client = useQueryClient();
  const { intentFor, done } = useIntent();
  const [last, setLast] = useState<Done | null>(null);
  const acting = useMutation({
    mutationFn: (act: Act) =>
      carryOut(id, act, intentFor([id, seen?.position, act]), tag ?? undefined),
    onMutate: () => setLast(null),
    onSuccess: (answer, act) => {
      done();
      setLast({ act, answer });
    },
    onSettled: () => {
      const keys = [
        ...["reservation", "explanation", "history", "refund"].map((key) => [key, id]),
        ...["reservations", "instances", "bookings", "availability", "account", "trial"].map(
          (key) => [key],
        ),
      ];
      return Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  return { ...acting, last, act: acting.mutate };
}

export type Acts = ReturnType<typeof useActs>;

/** Whether the API refused because the reservation has gone on meanwhile. */
export function isLate(error: unknown): boolean {
  return error instanceof ApiError && [409, 412].includes(error.status);
}
