import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";

export function NegotiationPage() {
  return <PageSection>Negotiation</PageSection>;
}
