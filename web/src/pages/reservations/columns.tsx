import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Label } from "@patternfly/react-core/dist/esm/components/Label";
import { Link } from "@tanstack/react-router";

import type { Reservation } from "../../api/types";
import type { Column } from "../../ui/DataTable";
import { formatCredits } from "../../ui/Money";
import { Period } from "../../ui/Period";
import { shortId } from "../../ui/shortId";
import { StatusLabel } from "../../ui/StatusLabel";
import { canActivate, isOpen, sizeInWords } from "./standing";

interface Doing {
  /** The service's time, once it is known. */
  now: number | null;
  /** Who may see everything: then whose they are is shown. */
  names: ReadonlyMap<number, string> | null;
  /** Auditors change nothing. */
  mayChange: boolean;
  isBusy: boolean;
  activate: (reservation: Reservation) => void;
  remove: (reservation: Reservation) => void;
}

/** The paper's Figure 5. */
export function reservationColumns(doing: Doing): Column<Reservation>[] {
  const { names, now, mayChange, isBusy } = doing;
  const user: Column<Reservation> = {
    name: "User",
    cell: ({ userid }) => names?.get(userid) ?? `user ${userid}`,
  };
  return [
    { name: "Template", cell: ({ template }) => template ?? "–" },
    {
      name: "Id",
      cell: ({ id }) => (
        <Link to="/reservations/$id" params={{ id }} className="opx-mono opx-id" title={id}>
          {shortId(id)}
        </Link>
      ),
    },
    ...(names ? [user] : []),
    { name: "Instances", isNumber: true, cell: sizeInWords },
    {
      name: "Start and end",
      isNumber: true,
      cell: ({ startTime, endTime }) =>
        startTime && endTime ? <Period from={startTime} to={endTime} /> : "–",
    },
    { name: "Status", cell: (reservation) => <Standing reservation={reservation} /> },
    {
      name: "Price (credits)",
      isNumber: true,
      cell: ({ price }) => (price === undefined ? "–" : formatCredits(price)),
    },
    {
      name: "Actions",
      isActions: true,
      cell: (reservation) => (
        <div className="opx-actions-row">
          {mayChange && now !== null && canActivate(reservation, now) && (
            <Button
              size="sm"
              isDisabled={isBusy}
              aria-label={`Activate ${shortId(reservation.id)}`}
              onClick={() => doing.activate(reservation)}
            >
              Activate
            </Button>
          )}
          {mayChange && isOpen(reservation) && (
            <Button
              size="sm"
              variant="link"
              isInline
              isDanger
              isDisabled={isBusy}
              aria-label={`Delete ${shortId(reservation.id)}`}
              onClick={() => doing.remove(reservation)}
            >
              Delete
            </Button>
          )}
          <Link
            to="/reservations/$id/history"
            params={{ id: reservation.id }}
            className="opx-row-link"
            aria-label={`History of ${shortId(reservation.id)}`}
          >
            History
          </Link>
        </div>
      ),
    },
  ];
}

function Standing({ reservation }: { reservation: Reservation }) {
  return (
    <span className="opx-actions-row">
      <StatusLabel status={reservation.status} />
      {reservation.change && (
        <Label isCompact color="orange">
          change open
        </Label>
      )}
    </span>
  );
}
