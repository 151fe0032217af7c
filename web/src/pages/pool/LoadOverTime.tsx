import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";

import type { Node } from "../../api/types";
import { TimeLine } from "../../timeline/TimeLine";
import { DAY, type Span } from "../../timeline/model";
import { useZone } from "../../time/ZoneProvider";
import { useNow } from "../../time/now";
import { startOfDay } from "../../time/zone";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { useAddress } from "../../ui/useAddress";
import { type Dimension, areasAhead, areasPast, barOf, reservationOf, rowOf } from "./load";
import { useAhead, useBookings, usePast } from "./useLoad";

const TICK_MS = 30_000;

interface Given {
  nodes: readonly Node[];
  dimension: Dimension;
}

/** A line a node: what is taken of it, and by which reservations. */
export function LoadOverTime({ nodes, dimension }: Given) {
  const navigate = useNavigate();
  const [search, change] = useAddress();
  const { zone } = useZone();
  const now = useNow(TICK_MS);
  const view = useMemo(
    () => viewOf(search.from, search.to, now, zone),
    [search.from, search.to, now, zone],
  );
  const ahead = useAhead(view, now, nodes.length);
  const past = usePast(view, now, nodes.length);
  const bookings = useBookings(view);
  const rows = useMemo(() => {
    const later = new Map(ahead.data?.nodes.map(({ node, steps }) => [node, steps]));
    const earlier = new Map(past.data?.series.map(({ node, steps }) => [node, steps]));
    return nodes.map((node) => {
      const areas = areasAhead(later.get(node.name) ?? [], dimension);
      const until = areas[0]?.from ?? Infinity;
      const before = areasPast(earlier.get(node.name) ?? [], dimension, until);
      return rowOf(node, [...before, ...areas], dimension);
    });
  }, [nodes, ahead.data, past.data, dimension]);
  const bars = useMemo(() => bookings.data?.entries.map(barOf) ?? [], [bookings.data]);
  if (view === null) return <Loading what="the load" height="16rem" />;
  const onView = ({ from, to }: Span) =>
    change(
      { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
      { replace: true },
    );
  return (
    <>
      {[ahead, past, bookings].map((read, index) => (
        <ErrorNotice key={index} error={read.error} onRetry={() => void read.refetch()} />
      ))}
      {bookings.data?.isWhole === false && (
        <p role="status">
          Only the first {bars.length} bookings of this time are shown. Look at a shorter time for
          the others.
        </p>
      )}
      <TimeLine
        label="Load of the nodes"
        rows={rows}
        bars={bars}
        view={view}
        onView={onView}
        zone={zone}
        now={now}
        onPick={(bar) =>
          void navigate({ to: "/reservations/$id", params: { id: reservationOf(bar) } })
        }
      />
    </>
  );
}

/** What the address says, or the day that runs. */
function viewOf(
  from: string | undefined,
  to: string | undefined,
  now: number | null,
  zone: string,
): Span | null {
  const [begin, end] = [Date.parse(from ?? ""), Date.parse(to ?? "")];
  if (begin < end) return { from: begin, to: end };
  if (now === null) return null;
  const midnight = startOfDay(now, zone);
  return { from: midnight, to: midnight + DAY };
}
