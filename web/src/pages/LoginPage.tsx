import { Card, CardBody, CardTitle } from "@patternfly/react-core/dist/esm/components/Card";
import { Bullseye } from "@patternfly/react-core/dist/esm/layouts/Bullseye";
import { Link, useRouter, useSearch } from "@tanstack/react-router";

import { LogInForm } from "../session/LogInForm";

/** Where one comes in. */
export function LoginPage() {
  const router = useRouter();
  const { next } = useSearch({ strict: false });
  // Only an address of this portal: `//elsewhere` would be another's.
  const target = next?.startsWith("/") && !next.startsWith("//") ? next : "/";
  return (
    <main>
      <Bullseye>
        <Card>
          <CardTitle component="h1">Log in to OpenPEX</CardTitle>
          <CardBody>
            <LogInForm onDone={() => router.history.push(target)} />
            <Link to="/register">Make an account</Link>
          </CardBody>
        </Card>
      </Bullseye>
    </main>
  );
}
