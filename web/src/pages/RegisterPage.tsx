import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";

export function RegisterPage() {
  return <PageSection>Register</PageSection>;
}
