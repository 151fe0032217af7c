import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";
import { useQuery } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";

import { Entry } from "../layout/Entry";
import { LogInForm } from "../session/LogInForm";
import { useSession } from "../session/session";
import { SITE } from "../session/site";
import { targetOf } from "./entry/target";

/** Where one comes in. */
export function LoginPage() {
  const router = useRouter();
  const { next } = useSearch({ strict: false });
  const target = targetOf(next);
  const session = useSession().data;
  const isOpen = useQuery(SITE).data?.registrationOpen;
  return (
    <Entry title="Log in">
      {session && (
        <Alert
          variant="info"
          isInline
          component="p"
          title={`You are logged in as ${session.username}`}
        >
          <Link to={target}>Go on as {session.username}</Link>
        </Alert>
      )}
      <LogInForm onDone={() => router.history.push(target)} />
      <p className="opx-entry-other">
        {isOpen === false ? (
          "Registration is closed here. Ask an operator for an account."
        ) : (
          <>
            No account yet?{" "}
            <Link to="/register" search={{ next }}>
              Register
            </Link>
          </>
        )}
      </p>
    </Entry>
  );
}
