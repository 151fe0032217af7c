import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import {
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
} from "@patternfly/react-core/dist/esm/components/EmptyState";
import { Link } from "@tanstack/react-router";

import { ErrorNotice } from "../ui/ErrorNotice";
import { useTitle } from "../ui/useTitle";

/** What a browser says where a part of the portal is not there any more: a newer one was installed. */
const PART_MISSING = /dynamically imported module|preload CSS|Importing a module script failed/i;

/** A page that could not be shown. */
export function Failed({ error, reset }: { error: unknown; reset: () => void }) {
  useTitle("Failed");
  const isOutdated = error instanceof Error && PART_MISSING.test(error.message);
  const again = isOutdated ? () => window.location.reload() : reset;
  return (
    <EmptyState headingLevel="h1" status="danger" titleText="This page could not be shown">
      <EmptyStateBody>
        {isOutdated ? (
          <p>
            A part of the portal could not be loaded. The connection broke, or a newer version was
            installed while this page was open. Load the page anew.
          </p>
        ) : (
          <ErrorNotice error={error} />
        )}
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button onClick={again}>{isOutdated ? "Load the page anew" : "Try again"}</Button>
        </EmptyStateActions>
        <EmptyStateActions>
          <Link to="/">Go to the welcome page</Link>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
