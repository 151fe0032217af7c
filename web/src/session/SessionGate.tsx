import { Bullseye } from "@patternfly/react-core/dist/esm/layouts/Bullseye";
import { Spinner } from "@patternfly/react-core/dist/esm/components/Spinner";
import { Navigate, useLocation } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";

import type { Session } from "../api/types";
import { LiveProvider } from "../live/LiveProvider";
import { ErrorNotice } from "../ui/ErrorNotice";
import { LogInAgain } from "./LogInAgain";
import { useSession } from "./session";

/**
 * Shows what is below only to who is logged in.
 *
 * Where a session ends under an open page, the page stays as it is, with all that was typed, behind
 * the question to log in again.
 */
export function SessionGate({ children }: { children: ReactNode }) {
  const session = useSession();
  const here = useLocation({ select: (location) => location.href });
  const [seen, setSeen] = useState<Session | null>(null);
  const current = session.data;
  if (current && current !== seen) setSeen(current);
  if (session.error && !seen) {
    return <ErrorNotice error={session.error} onRetry={() => void session.refetch()} />;
  }
  if (current === undefined) {
    return (
      <Bullseye>
        <Spinner aria-label="Loading" />
      </Bullseye>
    );
  }
  if (current === null && seen === null) {
    return <Navigate to="/login" search={here === "/" ? {} : { next: here }} replace />;
  }
  return (
    <LiveProvider userid={current?.userid ?? null}>
      {children}
      {current === null && seen !== null && <LogInAgain username={seen.username} />}
    </LiveProvider>
  );
}
