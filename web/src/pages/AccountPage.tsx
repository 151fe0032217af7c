import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";

export function AccountPage() {
  return <PageSection>Account</PageSection>;
}
