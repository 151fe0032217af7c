/** What the address says of the list of reservations, as the API takes it. */
import type { Query } from "../../api/client";
import { RESERVATION_STATUSES, type ReservationStatus } from "../../api/types";
import type { PageSearch } from "../../router";

/** The filters that an address may name. */
export const RESERVATION_FILTERS = [
  "status",
  "type",
  "template",
  "from",
  "to",
  "user",
  "series",
  "id",
] as const;

/** The statuses in the address; what is none is passed over. */
export function statusesOf(search: PageSearch): ReservationStatus[] {
  const named = search.status?.split(",") ?? [];
  return RESERVATION_STATUSES.filter((status) => named.includes(status));
}

/** How many filters are set. */
export function countSet(search: PageSearch, filters: readonly string[]): number {
  return filters.filter((filter) => search[filter] !== undefined && search[filter] !== "").length;
}

/** A change of the address that takes out all of `filters`, and the place in the list. */
export function cleared(filters: readonly string[]): PageSearch {
  return Object.fromEntries([...filters, "cursor"].map((name) => [name, undefined]));
}

/** What is asked of the API, but for the cursor. */
export function reservationQuery(search: PageSearch): Query {
  return {
    status: statusesOf(search),
    type: search.type,
    template: search.template,
    from: search.from,
    to: search.to,
    userid: search.user,
    series: search.series,
  };
}
