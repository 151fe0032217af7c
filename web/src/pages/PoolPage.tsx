import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";

export function PoolPage() {
  return <PageSection>Pool</PageSection>;
}
