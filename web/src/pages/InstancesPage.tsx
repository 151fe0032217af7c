import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";

export function InstancesPage() {
  return <PageSection>Instances</PageSection>;
}
