import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";

export function ReservationsPage() {
  return <PageSection>Reservations</PageSection>;
}
