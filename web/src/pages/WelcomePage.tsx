import "../ui/lists.css";
import "./welcome/welcome.css";

import { Card, CardBody, CardTitle } from "@patternfly/react-core/dist/esm/components/Card";
import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";
import { Title } from "@patternfly/react-core/dist/esm/components/Title";
import { Stack } from "@patternfly/react-core/dist/esm/layouts/Stack";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { listAllReservations, readAccount } from "../api/endpoints";
import type { Session } from "../api/types";
import { useSession } from "../session/session";
import { useNow } from "../time/now";
import { ErrorNotice } from "../ui/ErrorNotice";
import { ListSkeleton } from "../ui/ListState";
import { Credits } from "../ui/Money";
import { useTitle } from "../ui/useTitle";
import { AGREED, TALKED_ABOUT } from "./reservations/standing";
import { NeedsList } from "./welcome/NeedsList";
import { SomeInstances } from "./welcome/Running";
import { isToDo, needsOf } from "./welcome/needs";

/** Most reservations that are looked through for what needs the user. */
const LOOKED_THROUGH_MAX = 400;
const TICK_MS = 5000;

/** What needs the user now, and what runs. */
export function WelcomePage() {
  useTitle("Welcome");
  const session = useSession().data;
  if (!session) return null;
  const { role, username, userid } = session;
  return (
    <PageSection>
      <Stack hasGutter>
        <div className="opx-bar">
          <Title headingLevel="h1">Welcome, {username}</Title>
          <span className="opx-bar opx-bar-end">
            {role !== "auditor" && <Balance />}
            {role !== "auditor" && (
              <Link to="/reserve" className="pf-v6-c-button pf-m-primary">
                Reserve
              </Link>
            )}
          </span>
        </div>
        {role === "auditor" ? (
          <Part title="What you can look into">
            <p>
              <Link to="/reservations">Search all reservations</Link> by id, user, status and time;
              each has its history. <Link to="/statistics">Utilisation and prices</Link> shows the
              site over time.
            </p>
          </Part>
        ) : (
          <Needs session={session} />
        )}
        {role === "operator" && (
          <Part title="Stuck instances">
            <SomeInstances
              label="Stuck instances"
              query={{ stuck: "true" }}
              none="None: whatever was asked of the hypervisors is done or will be tried again."
            />
          </Part>
        )}
        {role !== "auditor" && (
          <Part title="Your instances">
            <SomeInstances
              label="Your instances"
              query={{ userid: role === "operator" ? String(userid) : undefined }}
              none="None: instances are made when a reservation is activated."
            />
          </Part>
        )}
      </Stack>
    </PageSection>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card isCompact>
      <CardTitle component="h2">{title}</CardTitle>
      <CardBody>{children}</CardBody>
    </Card>
  );
}

function Balance() {
  const account = useQuery({ queryKey: ["account"], queryFn: ({ signal }) => readAccount(signal) });
  if (!account.data) return null;
  return (
    <Link to="/account">
      Balance: <Credits amount={account.data.balance} />
    </Link>
  );
}

function Needs({ session: { userid, role } }: { session: Session }) {
  const now = useNow(TICK_MS);
  // Operators see everybody's: here they want their own.
  const query = {
    status: [...TALKED_ABOUT, ...AGREED],
    userid: role === "operator" ? userid : undefined,
  };
  const list = useQuery({
    queryKey: ["reservations", "open", query],
    queryFn: ({ signal }) => listAllReservations(query, LOOKED_THROUGH_MAX, signal),
  });
  const needs = list.data && now !== null ? needsOf(list.data.entries, now) : null;
  const toDo = needs?.filter(isToDo) ?? [];
  const toKnow = needs?.filter((need) => !isToDo(need)) ?? [];
  return (
    <>
      <Part title="Needs you now">
        <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />
        {needs === null && !list.error && <ListSkeleton label="Reading what needs you" />}
        {needs !== null && toDo.length === 0 && (
          <p className="opx-subtle">
            Nothing: no offer waits for you.{" "}
            {list.data?.entries.length === 0 && (
              <Link to="/reserve">Reserve capacity to begin with</Link>
            )}
          </p>
        )}
        {toDo.length > 0 && <NeedsList label="Needs you now" needs={toDo} />}
        {list.data && !list.data.isWhole && (
          <p>
            {`Only the newest ${LOOKED_THROUGH_MAX} of your open reservations are looked through. `}
            <Link to="/reservations">See all</Link>
          </p>
        )}
      </Part>
      {toKnow.length > 0 && (
        <Part title="Within a day">
          <NeedsList label="Within a day" needs={toKnow} />
        </Part>
      )}
    </>
  );
}
