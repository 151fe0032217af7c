import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";

export function HistoryPage() {
  return <PageSection>History</PageSection>;
}
