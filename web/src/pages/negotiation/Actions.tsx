import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";
import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { useState } from "react";

import type { Reservation } from "../../api/types";
import { Moment } from "../../time/ZoneProvider";
import { Countdown } from "../../ui/Countdown";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { CancelDialog } from "./CancelDialog";
import { type Allowed, stageWords, tableOf } from "./stage";
import { type Acts, isLate } from "./useNegotiation";

interface Given {
  reservation: Reservation;
  acts: Acts;
  may: Allowed;
  now: number | null;
  isCountering: boolean;
  onCounter: () => void;
}

/** What stands and what one can do about it. */
export function Actions(given: Given) {
  const { reservation, acts, may } = given;
  const table = tableOf(reservation);
  const held = table.offers.find((offer) => offer.held);
  const isOpen = may.confirm || may.accept;
  return (
    <div className="opx-stack">
      <p className="opx-stage">
        {stageWords(reservation)}{" "}
        {isOpen && held && (
          <span className="opx-subtle">
            Held for another <Countdown until={held.expiresAt} over="moment" />.
          </span>
        )}
      </p>
      <Buttons {...given} />
      {isLate(acts.error) && (
        <Alert
          isInline
          variant="warning"
          title="It has gone on meanwhile, perhaps in another window"
          component="h2"
        >
          What is in force now is shown here. Look at it before you go on.
        </Alert>
      )}
      {!isSaying(acts) && <ErrorNotice error={acts.error} />}
    </div>
  );
}

/** Whether what failed was said by the form, which shows it itself. */
export function isSaying({ variables }: Acts): boolean {
  return variables?.do === "say" && variables.message.reply === "COUNTER";
}

function Buttons({ reservation, acts, may, now, isCountering, onCounter }: Given) {
  const [isCancelling, setCancelling] = useState(false);
  const { isChange } = tableOf(reservation);
  const busy = acts.isPending;
  const start = Date.parse(reservation.startTime ?? "");
  const isEarly = now === null || now < start;
  const agreed = may.cancel;
  return (
    <div className="opx-row">
      {may.confirm && (
        <Button
          isDisabled={busy}
          onClick={() => acts.act({ do: "say", message: { reply: "CONFIRM" } })}
        >
          {isChange ? "Confirm the change" : "Confirm"}
        </Button>
      )}
      {may.activate && (
        <Button
          variant={isChange ? "secondary" : "primary"}
          isDisabled={busy || isEarly}
          onClick={() => acts.act({ do: "activate" })}
        >
          Activate
        </Button>
      )}
      {may.counter && !isCountering && (
        <Button variant="secondary" isDisabled={busy} onClick={onCounter}>
          {agreed ? "Change" : "Ask for something else"}
        </Button>
      )}
      {may.reject && (
        <Button
          variant="secondary"
          isDanger={!isChange}
          isDisabled={busy}
          onClick={() => acts.act({ do: "say", message: { reply: "REJECT" } })}
        >
          {isChange ? "Keep what was agreed" : "Reject"}
        </Button>
      )}
      {may.cancel && (
        <Button variant="secondary" isDanger isDisabled={busy} onClick={() => setCancelling(true)}>
          Cancel the reservation
        </Button>
      )}
      {may.activate && isEarly && reservation.startTime && (
        <span className="opx-subtle">
          It can be activated from <Moment at={reservation.startTime} /> on.
        </span>
      )}
      {isCancelling && may.cancel && (
        <CancelDialog
          id={reservation.id}
          isBusy={busy}
          onClose={() => setCancelling(false)}
          onConfirm={() => {
            setCancelling(false);
            acts.act({ do: "cancel" });
          }}
        />
      )}
    </div>
  );
}
