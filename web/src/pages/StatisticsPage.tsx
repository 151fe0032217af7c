import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";

export function StatisticsPage() {
  return <PageSection>Statistics</PageSection>;
}
