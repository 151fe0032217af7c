import "../ui/lists.css";

import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";
import { Stack } from "@patternfly/react-core/dist/esm/layouts/Stack";
import { Title } from "@patternfly/react-core/dist/esm/components/Title";
import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { listAllReservations } from "../api/endpoints";
import type { Reservation } from "../api/types";
import { useSession } from "../session/session";
import { useSeesAll, useUserNames } from "../session/users";
import { useNow } from "../time/now";
import { BulkNotice } from "../ui/BulkNotice";
import { useBulk } from "../ui/bulk";
import { DataTable } from "../ui/DataTable";
import { ErrorNotice } from "../ui/ErrorNotice";
import { ExportButtons } from "../ui/ExportButtons";
import { ListSkeleton, NothingHere } from "../ui/ListState";
import { Pager } from "../ui/Pager";
import { shortId } from "../ui/shortId";
import { useAddress } from "../ui/useAddress";
import { useChosen } from "../ui/useChosen";
import { useTitle } from "../ui/useTitle";
import { DeleteDialog } from "./reservations/DeleteDialog";
import { ReservationFilters } from "./reservations/ReservationFilters";
import { reservationColumns } from "./reservations/columns";
import { EXPORT_MAX, reservationsCsv } from "./reservations/export";
import { RESERVATION_FILTERS, cleared, countSet, reservationQuery } from "./reservations/filters";
import { canActivate, isOpen } from "./reservations/standing";
import { useReservationPage } from "./reservations/useReservationPage";
import { ACTIVATE, DELETE } from "./reservations/verbs";

const NONE: readonly Reservation[] = [];
const idOf = ({ id }: Reservation) => id;
const nameOf = ({ id }: Reservation) => shortId(id);
/** How exactly it has to be known whether a reservation has begun, in milliseconds. */
const TICK_MS = 5000;

/** The paper's Figure 5: reservations, and what can be done with them. */
export function ReservationsPage() {
  useTitle("Reservations");
  const [search, change] = useAddress();
  const mayChange = useSession().data?.role !== "auditor";
  const list = useReservationPage(search);
  const rows = list.data?.entries ?? NONE;
  const keys = useMemo(() => rows.map(idOf), [rows]);
  const { chosen, choose } = useChosen(keys);
  const [toDelete, setToDelete] = useState<readonly Reservation[]>(NONE);
  const bulk = useBulk("reservations", idOf);
  const names = useUserNames();
  const seesAll = useSeesAll();
  const now = useNow(TICK_MS);
  const isBusy = bulk.progress !== null;
  const columns = reservationColumns({
    now,
    names: seesAll ? names : null,
    mayChange,
    isBusy,
    activate: (reservation) => void bulk.run(ACTIVATE, [reservation]),
    remove: (reservation) => setToDelete([reservation]),
  });
  const chosenRows = rows.filter(({ id }) => chosen.has(id));
  const startable = chosenRows.filter((row) => now !== null && canActivate(row, now));
  const endable = chosenRows.filter(isOpen);
  const confirmDelete = () => {
    void bulk.run(DELETE, toDelete);
    setToDelete(NONE);
  };
  return (
    <PageSection>
      <Stack hasGutter>
        <Title headingLevel="h1">Reservations</Title>
        <ReservationFilters search={search} change={change} />
        <div className="opx-bar">
          {mayChange && (
            <div className="opx-bar" role="group" aria-label="With those selected">
              <span>{`${chosen.size} selected`}</span>
              <Button
                variant="secondary"
                size="sm"
                isDisabled={isBusy || startable.length === 0}
                onClick={() => void bulk.run(ACTIVATE, startable)}
              >
                {`Activate ${startable.length}`}
              </Button>
              <Button
                variant="secondary"
                isDanger
                size="sm"
                isDisabled={isBusy || endable.length === 0}
                onClick={() => setToDelete(endable)}
              >
                {`Delete ${endable.length}`}
              </Button>
            </div>
          )}
          <ExportButtons
            of="reservations"
            max={EXPORT_MAX}
            read={(limit) => list.readAll(limit, listAllReservations, reservationQuery(search))}
            toCsv={reservationsCsv}
          />
        </div>
        <BulkNotice bulk={bulk} nameOf={nameOf} />
        <ErrorNotice error={list.error} onRetry={list.retry} />
        {list.isPending && <ListSkeleton label="Reading the reservations" />}
        {list.data && rows.length === 0 && (
          <Nothing
            isFiltered={countSet(search, [...RESERVATION_FILTERS, "cursor"]) > 0}
            clear={() => change(cleared(RESERVATION_FILTERS))}
            mayChange={mayChange}
          />
        )}
        {rows.length > 0 && (
          <>
            <DataTable
              label="Reservations"
              columns={columns}
              rows={rows}
              keyOf={idOf}
              choosing={mayChange ? { chosen, choose, nameOf } : undefined}
              isOld={list.isOld}
            />
            <Pager
              count={rows.length}
              of="reservations"
              cursor={search.cursor}
              next={list.data?.next ?? null}
              change={change}
            />
          </>
        )}
        {toDelete.length > 0 && (
          <DeleteDialog
            reservations={toDelete}
            onConfirm={confirmDelete}
            onClose={() => setToDelete(NONE)}
          />
        )}
      </Stack>
    </PageSection>
  );
}

function Nothing(given: { isFiltered: boolean; clear: () => void; mayChange: boolean }) {
  if (given.isFiltered) {
    return (
      <NothingHere title="No reservation matches">
        <Button variant="link" isInline onClick={given.clear}>
          Clear the filters
        </Button>{" "}
        to see all there are.
      </NothingHere>
    );
  }
  return (
    <NothingHere title="No reservations yet">
      {given.mayChange ? (
        <Link to="/reserve">Reserve capacity to begin with</Link>
      ) : (
        "Nobody has reserved anything."
      )}
    </NothingHere>
  );
}
