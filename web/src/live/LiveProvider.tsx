import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, createContext, useContext, useEffect, useState } from "react";

import { useTestClock } from "../time/now";
import { type Liveness, openStream } from "./stream";

const LivenessContext = createContext<Liveness>("connecting");

/** Keeps everything below up to date while somebody, `userid`, is logged in. */
export function LiveProvider({ userid, children }: { userid: number | null; children: ReactNode }) {
  const client = useQueryClient();
  const [liveness, setLiveness] = useState<Liveness>("connecting");
  useTestClock(userid !== null);
  useEffect(() => {
    if (userid === null) return undefined;
    const stream = openStream(client, setLiveness);
    return () => stream.close();
  }, [client, userid]);
  return <LivenessContext.Provider value={liveness}>{children}</LivenessContext.Provider>;
}

/** Whether what is shown is kept up to date. */
export function useLiveness(): Liveness {
  return useContext(LivenessContext);
}
