/** What the address says of the list of instances, as the API takes it. */
import type { Query } from "../../api/client";
import { POWER_STATES, type PowerState } from "../../api/types";
import type { PageSearch } from "../../router";

/** The filters that an address may name. */
export const INSTANCE_FILTERS = [
  "status",
  "template",
  "node",
  "reservation",
  "user",
  "stuck",
  "removed",
] as const;

/** The power states in the address; what is none is passed over. */
export function powerStatesOf(search: PageSearch): PowerState[] {
  const named = search.status?.split(",") ?? [];
  return POWER_STATES.filter((status) => named.includes(status));
}

/** What is asked of the API, but for the cursor. */
export function instanceQuery(search: PageSearch): Query {
  return {
    status: powerStatesOf(search),
    template: search.template,
    node: search.node,
    reservation: search.reservation,
    userid: search.user,
    stuck: search.stuck,
    removed: search.removed,
  };
}
