import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";

import { ErrorNotice } from "../ui/ErrorNotice";

/** A page that could not be shown. */
export function Failed({ error, reset }: { error: unknown; reset: () => void }) {
  return (
    <PageSection>
      <ErrorNotice error={error} onRetry={reset} />
    </PageSection>
  );
}
