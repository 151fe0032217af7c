import { Alert, AlertActionLink } from "@patternfly/react-core/dist/esm/components/Alert";

import { ApiError } from "../api/problem";

/** What went wrong, in the API's own words, with all that it gave to go by. */
export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (!error) return null;
  const known = error instanceof ApiError ? error : null;
  const title = known?.problem.title ?? "The portal failed";
  const detail = error instanceof Error ? error.message : String(error);
  const retry = onRetry && <AlertActionLink onClick={onRetry}>Try again</AlertActionLink>;
  return (
    <Alert variant="danger" isInline title={title} actionLinks={retry} role="alert">
      <p>{detail}</p>
      {known?.requestId && <p className="opx-mono">request {known.requestId}</p>}
    </Alert>
  );
}
