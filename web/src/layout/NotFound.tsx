import { EmptyState, EmptyStateBody } from "@patternfly/react-core/dist/esm/components/EmptyState";
import { Link } from "@tanstack/react-router";

/** An address that leads nowhere. */
export function NotFound() {
  return (
    <EmptyState headingLevel="h1" titleText="There is no such page">
      <EmptyStateBody>
        <Link to="/">Go to the welcome page</Link>
      </EmptyStateBody>
    </EmptyState>
  );
}
