import { type QueryClient, useQuery } from "@tanstack/react-query";

import { readSession } from "../api/endpoints";
import { ApiError } from "../api/problem";
import type { Session } from "../api/types";

/** Who is logged in; `null` where nobody is. */
export const SESSION = {
  queryKey: ["session"],
  queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Session | null> => {
    try {
      return await readSession(signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
};

/** Who is logged in. */
export function useSession() {
  return useQuery(SESSION);
}

/** Makes `session` the one that everything is shown for. */
export function beginSession(client: QueryClient, session: Session): void {
  client.setQueryData(SESSION.queryKey, session);
  void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
}

/** Forgets everything that was read for whom has logged out. */
export function endSession(client: QueryClient): void {
  client.setQueryData(SESSION.queryKey, null);
  client.removeQueries({
    predicate: (query) => !["session", "site"].includes(String(query.queryKey[0])),
  });
}
