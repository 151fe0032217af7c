import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Link } from "@tanstack/react-router";

import { negotiate } from "../../api/endpoints";
import type { Reservation } from "../../api/types";
import { Moment } from "../../time/ZoneProvider";
import { BulkNotice } from "../../ui/BulkNotice";
import { type Verb, useBulk } from "../../ui/bulk";
import { Countdown } from "../../ui/Countdown";
import { Credits } from "../../ui/Money";
import { shortId } from "../../ui/shortId";
import { sizeInWords } from "../reservations/standing";
import { ACTIVATE } from "../reservations/verbs";
import type { Need, NeedKind } from "./needs";

const idOf = ({ id }: Reservation) => id;
const nameOf = ({ id }: Reservation) => shortId(id);

const CONFIRM: Verb<Reservation> = {
  name: "confirm",
  past: "confirmed",
  run: ({ id }, intent) => negotiate(id, { reply: "CONFIRM" }, intent),
};

const WORDS: Record<NeedKind, { what: string; time: string }> = {
  confirm: { what: "Accepted: waits for you to confirm", time: "held for" },
  choose: { what: "Counter-offers: choose one or answer", time: "held for" },
  propose: { what: "Begun: nothing proposed yet", time: "" },
  activate: { what: "Its time has begun: activate it", time: "ends in" },
  change: { what: "A change is talked about", time: "held for" },
  starting: { what: "Starts soon", time: "in" },
  ending: { what: "Ends soon", time: "in" },
};

/** What needs the user, each with what can be done about it at once. */
export function NeedsList({ label, needs }: { label: string; needs: readonly Need[] }) {
  const bulk = useBulk("reservations", idOf);
  const isBusy = bulk.progress !== null;
  return (
    <>
      <BulkNotice bulk={bulk} nameOf={nameOf} />
      <ul className="opx-needs" aria-label={label}>
        {needs.map((need) => (
          <li key={need.reservation.id}>
            <NeedLine need={need} />
            <span className="opx-actions-row">
              {need.kind === "confirm" && (
                <Act verb={CONFIRM} text="Confirm" {...{ need, isBusy, run: bulk.run }} />
              )}
              {need.kind === "activate" && (
                <Act verb={ACTIVATE} text="Activate" {...{ need, isBusy, run: bulk.run }} />
              )}
              <Link
                to="/reservations/$id"
                params={{ id: need.reservation.id }}
                aria-label={`Open ${shortId(need.reservation.id)}`}
                className="opx-row-link"
              >
                Open
              </Link>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

interface ActGiven {
  verb: Verb<Reservation>;
  text: string;
  need: Need;
  isBusy: boolean;
  run: (verb: Verb<Reservation>, rows: readonly Reservation[]) => Promise<void>;
}

function Act({ verb, text, need, isBusy, run }: ActGiven) {
  return (
    <Button
      size="sm"
      isDisabled={isBusy}
      aria-label={`${text} ${shortId(need.reservation.id)}`}
      onClick={() => void run(verb, [need.reservation])}
    >
      {text}
    </Button>
  );
}

function NeedLine({ need: { kind, reservation, until } }: { need: Need }) {
  const { what, time } = WORDS[kind];
  const { startTime, endTime, price } = reservation;
  return (
    <div>
      <div>
        <strong>{what}</strong>
        {until !== null && (
          <>
            , {time} <Countdown until={until} />
          </>
        )}
      </div>
      <div className="opx-subtle">
        <span className="opx-mono">{shortId(reservation.id)}</span> · {sizeInWords(reservation)}
        {startTime && endTime && (
          <>
            {" "}
            · <Moment at={startTime} /> to <Moment at={endTime} />
          </>
        )}
        {price && (
          <>
            {" "}
            · <Credits amount={price} />
          </>
        )}
      </div>
    </div>
  );
}
