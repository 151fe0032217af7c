import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";

export function WelcomePage() {
  return <PageSection>Welcome</PageSection>;
}
