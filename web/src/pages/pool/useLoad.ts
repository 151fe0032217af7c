import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { listBookings, readAvailabilityByNode } from "../../api/endpoints";
import type { Span } from "../../timeline/model";
import { stepFor } from "./load";

/** Most bars of one time line. */
const BOOKINGS_MAX = 5000;
const NODES_MAX = 1000;
const HOUR_MS = 3_600_000;

/** What each node has to do over `view`, in steps that end where steps of the epoch do. */
export function useLoad(view: Span | null, nodes: number) {
  const step = view && stepFor((view.to - view.from) * 1.2, nodes);
  const asked =
    view && step
      ? {
          from: iso(Math.floor(view.from / step) * step),
          to: iso(Math.ceil(view.to / step) * step),
          step,
          limit: NODES_MAX,
        }
      : null;
  return useQuery({
    queryKey: ["availability", "by-node", asked],
    queryFn: ({ signal }) => readAvailabilityByNode(asked ?? {}, signal),
    enabled: asked !== null && nodes > 0,
    placeholderData: keepPreviousData,
  });
}

/** Who has it. */
export function useBookings(view: Span | null) {
  // A little more than is seen, so that moving by a little asks nothing new.
  const asked = view && {
    from: iso(Math.floor(view.from / HOUR_MS) * HOUR_MS),
    to: iso(Math.ceil(view.to / HOUR_MS) * HOUR_MS),
  };
  return useQuery({
    queryKey: ["bookings", asked],
    queryFn: ({ signal }) => listBookings(asked ?? {}, BOOKINGS_MAX, signal),
    enabled: asked !== null,
    placeholderData: keepPreviousData,
  });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
