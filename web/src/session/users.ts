import { useQuery } from "@tanstack/react-query";

import { listUsers } from "../api/endpoints";
import { useSession } from "./session";

/** Most users whose names are known to a page; of others it shows the number. */
const NAMED_MAX = 200;

/** Whether who is logged in sees everybody's things. */
export function useSeesAll(): boolean {
  const role = useSession().data?.role;
  return role === "operator" || role === "auditor";
}

/** What users are called by their numbers; empty for who may not know. */
export function useUserNames(): ReadonlyMap<number, string> {
  const seesAll = useSeesAll();
  const users = useQuery({
    queryKey: ["users", "names"],
    queryFn: ({ signal }) => listUsers({ limit: NAMED_MAX }, signal),
    enabled: seesAll,
  }).data;
  return new Map(users?.entries.map(({ userid, username }) => [userid, username]));
}
