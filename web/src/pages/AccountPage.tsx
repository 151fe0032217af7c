import "./account/account.css";

import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Card, CardBody, CardTitle } from "@patternfly/react-core/dist/esm/components/Card";
import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from "@patternfly/react-core/dist/esm/components/DescriptionList";
import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { readAccount } from "../api/endpoints";
import type { Account, Session } from "../api/types";
import { useSession } from "../session/session";
import { useLogOut } from "../session/useLogOut";
import { Moment } from "../time/ZoneProvider";
import { ErrorNotice } from "../ui/ErrorNotice";
import { PageHead } from "../ui/PageHead";
import { CreditsCard } from "./account/CreditsCard";
import { PasswordCard } from "./account/PasswordCard";
import { TokensCard } from "./account/TokensCard";
import { ZoneCard } from "./account/ZoneCard";

const ROLES = {
  user: "User: reserves and runs instances",
  operator: "Operator: runs the site",
  auditor: "Auditor: sees everything, changes nothing",
};

/** Who one is, and what one has: credits, tokens, a zone. */
export function AccountPage() {
  const session = useSession().data;
  const account = useQuery({
    queryKey: ["account"],
    queryFn: ({ signal }) => readAccount(signal),
  });
  const leaving = useLogOut();
  const logOut = (
    <Button variant="secondary" isLoading={leaving.isPending} onClick={() => leaving.mutate()}>
      Log out
    </Button>
  );
  return (
    <>
      <PageHead title="Account" actions={logOut} />
      <PageSection isFilled className="opx-account">
        <ErrorNotice error={leaving.error} />
        <ErrorNotice error={account.error} onRetry={() => void account.refetch()} />
        <div className="opx-account-cards">
          {session && <WhoCard session={session} account={account.data} />}
          <ZoneCard />
          <PasswordCard />
        </div>
        <TokensCard />
        <CreditsCard account={account.data} />
      </PageSection>
    </>
  );
}

function WhoCard({ session, account }: { session: Session; account: Account | undefined }) {
  const facts: [string, ReactNode][] = [
    ["Username", session.username],
    ["Role", ROLES[session.role]],
    ["User id", session.userid],
  ];
  if (account?.createdAt) facts.push(["Since", <Moment key="since" at={account.createdAt} />]);
  if (session.expiresAt) {
    facts.push(["This session ends at the latest", <Moment key="ends" at={session.expiresAt} />]);
  }
  return (
    <Card isFullHeight>
      <CardTitle component="h2">Who you are</CardTitle>
      <CardBody>
        <DescriptionList isCompact>
          {facts.map(([term, fact]) => (
            <DescriptionListGroup key={term}>
              <DescriptionListTerm>{term}</DescriptionListTerm>
              <DescriptionListDescription>{fact}</DescriptionListDescription>
            </DescriptionListGroup>
          ))}
        </DescriptionList>
      </CardBody>
    </Card>
  );
}
