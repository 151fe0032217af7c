import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { listBookings, readAvailability, readAvailabilityOfNodes } from "../../api/endpoints";
import { useSession } from "../../session/session";
import type { Bar, Row, Span } from "../../timeline/model";
import { ALL, areasOf, barsOf, rangeOf } from "./poolRows";
import { AGAIN_MS } from "./useTrial";

/** More nodes and bookings than these are not shown at once. */
const NODES_MAX = 200;
const BOOKINGS_MAX = 5000;

interface Asked {
  view: Span;
  byNode: boolean;
  now: number | null;
  /** How many of this type fit is told. */
  type?: string;
  /** A reservation that is shown otherwise. */
  except?: string;
}

/** What is free, and who has what, over the time in view. */
export function usePool({ view, byNode, now, type, except }: Asked) {
  const userid = useSession().data?.userid;
  const range = now === null ? null : rangeOf(view, byNode, now);
  const { from = 0, to = 0, step = 0 } = range ?? {};
  const times = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  const enabled = range !== null;
  // The past is not asked for: left out, the range begins now.
  const isLater = now !== null && from > now;
  const asked = { from: isLater ? times.from : undefined, to: times.to, step };
  const shared = { enabled, placeholderData: keepPreviousData };
  const summed = useQuery({
    queryKey: ["availability", "total", asked],
    queryFn: ({ signal }) => readAvailability(asked, signal),
    ...shared,
    enabled: enabled && !byNode,
    refetchInterval: AGAIN_MS,
  });
  const nodes = useQuery({
    queryKey: ["availability", "node", asked],
    queryFn: ({ signal }) => readAvailabilityOfNodes(asked, NODES_MAX, signal),
    ...shared,
    enabled: enabled && byNode,
    refetchInterval: 5 * AGAIN_MS,
  });
  const bookings = useQuery({
    queryKey: ["bookings", times],
    queryFn: ({ signal }) => listBookings(times, BOOKINGS_MAX, signal),
    ...shared,
  });
  const rows = useMemo((): Row[] => {
    if (byNode) {
      return (nodes.data ?? []).map(({ node, status, capacity, steps }) => ({
        id: node,
        name: node,
        detail: status.toLowerCase() === "in_service" ? `${capacity.vcpus} vCPUs` : status,
        areas: areasOf(steps, capacity),
      }));
    }
    const all = summed.data;
    const areas = all && areasOf(all.steps, all.capacity, type);
    const detail = all && `${all.capacity.vcpus} vCPUs`;
    return [{ id: ALL, name: "All nodes", detail, areas, lanesMin: 3 }];
  }, [byNode, nodes.data, summed.data, type]);
  const bars = useMemo(
    (): Bar[] => barsOf(bookings.data?.entries ?? [], byNode, userid, except),
    [bookings.data, byNode, userid, except],
  );
  const error = (byNode ? nodes.error : summed.error) ?? bookings.error;
  const again = () => {
    void (byNode ? nodes : summed).refetch();
    void bookings.refetch();
  };
  return { rows, bars, error, again, isWhole: bookings.data?.isWhole ?? true };
}
