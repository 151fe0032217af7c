import { EmptyState, EmptyStateBody } from "@patternfly/react-core/dist/esm/components/EmptyState";
import { SearchIcon } from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { Link, useLocation } from "@tanstack/react-router";

import { SessionGate } from "../session/SessionGate";
import { useSession } from "../session/session";
import { useTitle } from "../ui/useTitle";
import { Frame } from "./Frame";

/** An address that leads nowhere; within the frame for who is logged in. */
export function NotFound() {
  const session = useSession().data;
  if (session === undefined) return null;
  if (session === null) {
    return (
      <main className="opx-nothing">
        <Nothing />
      </main>
    );
  }
  return (
    <SessionGate>
      <Frame>
        <Nothing />
      </Frame>
    </SessionGate>
  );
}

function Nothing() {
  useTitle("No such page");
  const path = useLocation({ select: (location) => location.pathname });
  return (
    <EmptyState headingLevel="h1" titleText="There is no such page" icon={SearchIcon}>
      <EmptyStateBody>
        <p>
          Nothing is at <span className="opx-mono">{path}</span>. The address may be mistyped, or
          the page has moved.
        </p>
        <p>
          <Link to="/">Go to the welcome page</Link>
        </p>
      </EmptyStateBody>
    </EmptyState>
  );
}
