import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";
import { Link, useParams } from "@tanstack/react-router";

import type { Reservation } from "../api/types";
import { ErrorNotice } from "../ui/ErrorNotice";
import { Loading } from "../ui/Loading";
import { PageHead } from "../ui/PageHead";
import { StatusLabel } from "../ui/StatusLabel";
import { shortId } from "../ui/shortId";
import { Negotiation } from "./negotiation/Negotiation";
import { DoneNotice } from "./negotiation/DoneNotice";
import { useActs, useReservation } from "./negotiation/useNegotiation";

/** One reservation: the negotiation as it stands, and what comes after it. */
export function NegotiationPage() {
  const { id = "" } = useParams({ strict: false });
  return <OfReservation key={id} id={id} />;
}

function OfReservation({ id }: { id: string }) {
  const read = useReservation(id);
  const reservation = read.data?.answer;
  const acts = useActs(id, reservation, read.data?.tag ?? null);
  return (
    <>
      <PageHead title={`Reservation ${shortId(id)}`} actions={<Links reservation={reservation} />}>
        {reservation && <StatusLabel status={reservation.status} />}{" "}
        <span className="opx-mono">{id}</span>
      </PageHead>
      <PageSection>
        <div className="opx-stack">
          <ErrorNotice error={read.error} onRetry={() => void read.refetch()} />
          <DoneNotice done={acts.last} />
          {reservation && <Negotiation reservation={reservation} acts={acts} />}
          {read.isPending && <Loading what="the reservation" height="20rem" />}
        </div>
      </PageSection>
    </>
  );
}

function Links({ reservation }: { reservation: Reservation | undefined }) {
  if (reservation === undefined) return null;
  return (
    <Link to="/reservations/$id/history" params={{ id: reservation.id }}>
      History
    </Link>
  );
}
