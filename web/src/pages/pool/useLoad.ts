import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { listBookings, readAvailabilityByNode } from "../../api/endpoints";
import { readUtilisation } from "../../api/endpoints";
import type { Span } from "../../timeline/model";
import { stepFor } from "./load";

/** Most bars of one time line. */
const BOOKINGS_MAX = 5000;
const NODES_MAX = 1000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What each node has to do in this `minute`. */
export function useLoadNow(minute: number | null) {
  return useQuery({
    queryKey: ["availability", "now", minute],
    queryFn: ({ signal }) => {
      const to = iso((minute ?? 0) + 3 * MINUTE_MS);
      return readAvailabilityByNode({ to, step: MINUTE_MS, limit: NODES_MAX }, signal);
    },
    enabled: minute !== null,
    placeholderData: keepPreviousData,
  });
}

/** What is free of each node over what lies ahead in `view`: of the past nobody can have anything. */
export function useAhead(view: Span | null, now: number | null, nodes: number) {
  const isSome = view !== null && now !== null && nodes > 0 && view.to > now + MINUTE_MS;
  const step = view === null ? HOUR_MS : stepFor((view.to - view.from) * 1.2, nodes);
  const asked = isSome && {
    // From now on where that is not said: a clock that runs would be past it.
    from: view.from > now ? iso(Math.ceil(view.from / step) * step) : undefined,
    to: iso(Math.ceil(view.to / step) * step),
    step,
    limit: NODES_MAX,
  };
  const hour = now === null ? null : Math.floor(now / HOUR_MS);
  return useQuery({
    queryKey: ["availability", "ahead", asked, hour],
    queryFn: ({ signal }) => readAvailabilityByNode(asked || {}, signal),
    enabled: isSome,
    placeholderData: keepPreviousData,
  });
}

/** What was booked of each node over what is past in `view`. */
export function usePast(view: Span | null, now: number | null, nodes: number) {
  const isSome = view !== null && now !== null && nodes > 0 && view.from < now;
  const step = view === null ? HOUR_MS : stepFor((view.to - view.from) * 1.2, nodes);
  const asked = isSome && {
    from: iso(Math.floor(view.from / step) * step),
    to: iso(Math.min(now, view.to)),
    step,
    by: "node",
  };
  return useQuery({
    queryKey: ["statistics", "past", asked],
    queryFn: ({ signal }) => readUtilisation(asked || {}, signal),
    enabled: isSome,
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
