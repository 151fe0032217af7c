import { listInstances } from "../../api/endpoints";

const STUCK_MAX = 200;

/** The instances of which a command was given up. */
export const STUCK = {
  queryKey: ["instances", "stuck"],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    listInstances({ stuck: true, limit: STUCK_MAX }, signal),
};
