import { keepPreviousData, useQuery } from "@tanstack/react-query";

import type { ListPage, Query } from "../../api/client";
import { listReservations, readReservation } from "../../api/endpoints";
import { ApiError } from "../../api/problem";
import type { Reservation } from "../../api/types";
import type { PageSearch } from "../../router";
import { isWholeId } from "../../ui/shortId";
import { reservationQuery } from "./filters";

/** How many are on one page. */
export const PAGE_SIZE = 25;

type ReadAll = (
  query: Query,
  limit: number,
) => Promise<{ entries: Reservation[]; isWhole: boolean }>;

/** The part of the list that the address asks for; an id in it asks for that one alone. */
export function useReservationPage(search: PageSearch) {
  const query = reservationQuery(search);
  const { cursor } = search;
  const id = search.id !== undefined && isWholeId(search.id) ? search.id : undefined;
  const page = useQuery({
    queryKey: ["reservations", "page", { ...query, cursor, id }],
    queryFn: ({ signal }) =>
      id === undefined
        ? listReservations({ ...query, cursor, limit: PAGE_SIZE }, signal)
        : readOne(id, signal),
    placeholderData: keepPreviousData,
  });
  return {
    data: page.data,
    error: page.error,
    isPending: page.isPending,
    isOld: page.isPlaceholderData,
    retry: () => void page.refetch(),
    readAll: async (limit: number, readAll: ReadAll, all: Query) => {
      if (id === undefined) return readAll(all, limit);
      return { entries: (await readOne(id)).entries, isWhole: true };
    },
  };
}

async function readOne(id: string, signal?: AbortSignal): Promise<ListPage<Reservation>> {
  try {
    return { entries: [await readReservation(id, undefined, signal)], next: null };
  } catch (error) {
    // Not there, or not theirs: nothing matches.
    if (error instanceof ApiError && error.status === 404) return { entries: [], next: null };
    throw error;
  }
}
