import "../ui/lists.css";
import "./history/history.css";

import { Breadcrumb, BreadcrumbItem } from "@patternfly/react-core/dist/esm/components/Breadcrumb";
import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";
import { Title } from "@patternfly/react-core/dist/esm/components/Title";
import { Stack } from "@patternfly/react-core/dist/esm/layouts/Stack";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";

import { historyUrl, readExplanation, readHistory } from "../api/endpoints";
import { ErrorNotice } from "../ui/ErrorNotice";
import { ListSkeleton } from "../ui/ListState";
import { shortId } from "../ui/shortId";
import { useTitle } from "../ui/useTitle";
import { Story } from "./history/Story";

/** How a reservation came about, event by event, and how it stood at each of them. */
export function HistoryPage() {
  const { id = "" } = useParams({ strict: false });
  useTitle(`History of ${shortId(id)}`);
  const history = useQuery({
    queryKey: ["history", id],
    queryFn: ({ signal }) => readHistory(id, signal),
  });
  const explanation = useQuery({
    queryKey: ["explanation", id],
    queryFn: ({ signal }) => readExplanation(id, signal),
  });
  return (
    <PageSection>
      <Stack hasGutter>
        <Breadcrumb>
          <BreadcrumbItem
            render={({ className }) => (
              <Link to="/reservations" className={className}>
                Reservations
              </Link>
            )}
          />
          <BreadcrumbItem
            render={({ className }) => (
              <Link to="/reservations/$id" params={{ id }} className={className}>
                {shortId(id)}
              </Link>
            )}
          />
          <BreadcrumbItem isActive>History</BreadcrumbItem>
        </Breadcrumb>
        <Title headingLevel="h1">History of reservation {shortId(id)}</Title>
        <div className="opx-bar">
          <span className="opx-mono">{id}</span>
          <span className="opx-bar opx-bar-end">
            <Link to="/instances" search={{ reservation: id, removed: "true" }}>
              Instances
            </Link>
            {/* The answer as it came: what was hashed can be checked against it. */}
            <a href={historyUrl(id)} download={`reservation-${id}-history.json`}>
              Download JSON
            </a>
          </span>
        </div>
        <ErrorNotice error={history.error} onRetry={() => void history.refetch()} />
        <ErrorNotice error={explanation.error} onRetry={() => void explanation.refetch()} />
        {history.isPending && <ListSkeleton label="Reading the history" />}
        {history.data && <Story id={id} entries={history.data} explanation={explanation.data} />}
      </Stack>
    </PageSection>
  );
}
