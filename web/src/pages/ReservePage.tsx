import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";

export function ReservePage() {
  return <PageSection>Reserve</PageSection>;
}
