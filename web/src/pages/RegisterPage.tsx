import { Skeleton } from "@patternfly/react-core/dist/esm/components/Skeleton";
import { useQuery } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";

import { Entry } from "../layout/Entry";
import { SITE } from "../session/site";
import { ErrorNotice } from "../ui/ErrorNotice";
import { RegisterForm } from "./entry/RegisterForm";
import { targetOf } from "./entry/target";

/** Where an account is made. */
export function RegisterPage() {
  const router = useRouter();
  const { next } = useSearch({ strict: false });
  const site = useQuery(SITE);
  return (
    <Entry title="Register">
      {site.error && <ErrorNotice error={site.error} onRetry={() => void site.refetch()} />}
      {site.isPending && <Skeleton height="16rem" screenreaderText="Loading" />}
      {site.data?.registrationOpen === false && (
        <p>Registration is closed here. Ask an operator for an account.</p>
      )}
      {site.data?.registrationOpen && (
        <RegisterForm
          limits={site.data.limits}
          onDone={() => router.history.push(targetOf(next))}
        />
      )}
      <p className="opx-entry-other">
        Have an account?{" "}
        <Link to="/login" search={{ next }}>
          Log in
        </Link>
      </p>
    </Entry>
  );
}
