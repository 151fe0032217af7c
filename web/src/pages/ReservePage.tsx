import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";

import { useNow } from "../time/now";
import { ErrorNotice } from "../ui/ErrorNotice";
import { Loading } from "../ui/Loading";
import { PageHead } from "../ui/PageHead";
import { ReserveForm } from "./reserve/ReserveForm";
import { useCatalogue } from "./terms/useCatalogue";

/** Where a reservation is asked for: by form and on the time line. */
export function ReservePage() {
  const { catalogue, error, again } = useCatalogue();
  const now = useNow();
  return (
    <>
      <PageHead title="New reservation">
        Say what you need and when. What the provider would answer is shown at once; only what you
        send is held for you.
      </PageHead>
      <PageSection>
        {error !== null && <ErrorNotice error={error} onRetry={again} />}
        {catalogue !== null && now !== null ? (
          <ReserveForm catalogue={catalogue} now={now} />
        ) : (
          error === null && <Loading what="the form" height="20rem" />
        )}
      </PageSection>
    </>
  );
}
