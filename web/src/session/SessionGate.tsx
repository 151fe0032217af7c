import { Bullseye } from "@patternfly/react-core/dist/esm/layouts/Bullseye";
import { Spinner } from "@patternfly/react-core/dist/esm/components/Spinner";
import { useLocation, useRouter } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";

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
  // Where one came to: on the way to the log-in the location is that already.
  const here = useLocation({ select: (location) => location.href });
  const [came] = useState(here);
  const [seen, setSeen] = useState<Session | null>(null);
  const current = session.data;
  if (current && current !== seen) setSeen(current);
  if (session.error && !seen) {
    return <ErrorNotice error={session.error} onRetry={() => void session.refetch()} />;
  }
  if (current === undefined) {
    return <Waiting />;
  }
  if (current === null && seen === null) {
    return <ToLogIn next={came === "/" ? undefined : came} />;
  }
  return (
    <LiveProvider userid={current?.userid ?? null}>
      {children}
      {current === null && seen !== null && <LogInAgain username={seen.username} />}
    </LiveProvider>
  );
}

/** Goes there once: a `Navigate` would go again whenever this is rendered, without end. */
function ToLogIn({ next }: { next: string | undefined }) {
  const router = useRouter();
  useEffect(() => {
    void router.navigate({ to: "/login", search: { next }, replace: true });
  }, [router, next]);
  return <Waiting />;
}

function Waiting() {
  return (
    <Bullseye>
      <Spinner aria-label="Loading" />
    </Bullseye>
  );
}
