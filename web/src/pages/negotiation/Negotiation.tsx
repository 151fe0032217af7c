import "./negotiation.css";
import "../terms/terms.css";

import { useMemo, useState } from "react";

import type { Offer, Reservation } from "../../api/types";
import { useSession } from "../../session/session";
import { useNow } from "../../time/now";
import type { Bar, Span } from "../../timeline/model";
import { TermsLine, type TopRow } from "../terms/TermsLine";
import {
  type Fields,
  NO_TEXTS,
  defaultFields,
  fieldsFrom,
  fieldsOf,
  textsOf,
  windowOf,
} from "../terms/fields";
import { askedRow, offerId, offersRow } from "../terms/topRows";
import { type Texts, useTexts } from "../terms/useTexts";
import { sizeWords } from "../terms/words";
import { Actions } from "./Actions";
import { CounterForm } from "./CounterForm";
import { Dialogue } from "./Dialogue";
import { InstancesPart } from "./InstancesPart";
import { Offers } from "./Offers";
import { OptionsPart } from "./OptionsPart";
import { Standing } from "./Standing";
import { NOTHING, allowedIn, tableOf } from "./stage";
import { type Acts } from "./useNegotiation";

/** The bar of what is in force, or was asked. */
const STANDS = "stands";

/** The terms that a counter-offer begins from: those asked for last. */
function lastAsked(reservation: Reservation, now: number): Fields {
  const usual = defaultFields([], [], now);
  const { change, offers } = reservation;
  // What one would pay and how far one would move is said in the offers' terms only.
  const bounds = (change?.asked ?? offers[0]?.proposal) || {};
  const terms = fieldsFrom({ ...reservation, price: undefined }, usual);
  const room = fieldsFrom({ ...bounds }, terms);
  const { price, earliest, latest } = reservation.paid === undefined ? room : terms;
  return { ...terms, price, earliest, latest };
}

interface Given {
  reservation: Reservation;
  acts: Acts;
}

/** A reservation and everything that can be said about it. */
export function Negotiation({ reservation, acts }: Given) {
  const now = useNow();
  const session = useSession().data;
  const isOwn = session?.userid === reservation.userid;
  const [texts, change] = useTexts();
  const [picked, setPicked] = useState<string>();
  const may = isOwn || session?.role === "operator" ? allowedIn(reservation) : NOTHING;
  const table = tableOf(reservation);
  const isCountering = may.counter && texts.counter === "yes";
  const fields = useMemo(
    () => fieldsOf(texts, lastAsked(reservation, Date.parse(reservation.createdAt))),
    [texts, reservation],
  );
  const counter = (patch: Texts) => change({ ...NO_TEXTS, counter: "yes", ...patch });
  const counterWindow = ({ from, to }: Span, base: Fields = fields) =>
    counter(textsOf({ ...base, start: from, duration: to - from }));
  const counterOffer = (offer: Offer) =>
    counter(textsOf(fieldsFrom({ ...offer.proposal, price: fields.price }, fields)));
  const close = () => change({ ...NO_TEXTS, counter: undefined });
  const top = useTop(reservation, may.counter, isCountering ? fields : null);
  const offerOf = (bar: Bar) => table.offers.find(({ offer }) => offerId(offer) === bar.id);
  const onMove = (bar: Bar, span: Span) => {
    const offer = offerOf(bar);
    counterWindow(
      span,
      offer ? fieldsFrom({ ...offer.proposal, price: fields.price }, fields) : fields,
    );
  };
  const stands = standsOf(reservation);
  return (
    <div className="opx-stack opx-negotiation">
      <Actions
        {...{ reservation, acts, may, now, isCountering }}
        onCounter={() => counter(textsOf(fields))}
      />
      <TermsLine
        label="What is talked about, over the pool"
        {...{ texts, change, now, top, picked, onMove }}
        around={stands?.from}
        band={isCountering ? windowOf(fields) : stands}
        type={reservation.type}
        except={reservation.id}
        onSelect={may.counter ? counterWindow : undefined}
        onPick={(bar) => setPicked(bar.id)}
      />
      <Offers {...{ table, acts, may, picked }} onCounter={counterOffer} />
      {isCountering && (
        <CounterForm
          id={reservation.id}
          isChange={may.cancel}
          {...{ fields, acts }}
          set={(patch) => {
            acts.reset();
            change(textsOf(patch));
          }}
          onClose={close}
        />
      )}
      {may.options && reservation.options && (
        <OptionsPart options={reservation.options} acts={acts} />
      )}
      {reservation.instances.length > 0 && <InstancesPart id={reservation.id} />}
      <div className="opx-beside">
        <Dialogue id={reservation.id} isOwn={isOwn} />
        <Standing reservation={reservation} />
      </div>
    </div>
  );
}

function standsOf({ startTime, duration }: Reservation): Span | null {
  const from = Date.parse(startTime ?? "");
  return Number.isNaN(from) ? null : { from, to: from + (duration ?? 0) };
}

/** What is in force or was asked, the offers, and the counter-offer that is being made. */
function useTop(reservation: Reservation, isMovable: boolean, draft: Fields | null): TopRow[] {
  return useMemo(() => {
    const rows: TopRow[] = [];
    const stands = standsOf(reservation);
    const { offers } = tableOf(reservation);
    if (stands !== null) {
      const isAgreed = reservation.paid !== undefined;
      const kind = isAgreed ? ("own" as const) : ("ghost" as const);
      const label = sizeWords(reservation);
      rows.push({
        row: { id: STANDS, name: isAgreed ? "Agreed" : "Asked", isPinned: true },
        bars: [
          { id: STANDS, row: STANDS, ...stands, kind, label, isMovable: isMovable && isAgreed },
        ],
      });
    }
    rows.push(...offersRow(offers, false, isMovable));
    if (draft !== null) {
      rows.push(askedRow(windowOf(draft), `${draft.fixed} ${draft.type}`, "Your counter-offer"));
    }
    return rows;
  }, [reservation, isMovable, draft]);
}
