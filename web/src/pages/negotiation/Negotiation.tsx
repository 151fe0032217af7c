import "./negotiation.css";
import "../terms/terms.css";

import { useMemo, useState } from "react";

import type { Offer, ProposalOut, Reservation } from "../../api/types";
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
import { askedBy, offerWindow, sizeWords } from "../terms/words";
import { Actions } from "./Actions";
import { CounterForm } from "./CounterForm";
import { Dialogue } from "./Dialogue";
import { InstancesPart } from "./InstancesPart";
import { Offers } from "./Offers";
import { OptionsPart } from "./OptionsPart";
import { Standing } from "./Standing";
import { NOTHING, allowedIn, tableOf } from "./stage";
import { type Acts } from "./useNegotiation";

/** The bars of what is in force, and of what was asked. */
const STANDS = "stands";
const WAS_ASKED = "was asked";

/** What was asked for last, as far as it is told: the representation has what is in force. */
function askedOf({ change, offers, ...inForce }: Reservation): Partial<ProposalOut> {
  const [first] = change?.offers ?? offers;
  if (first !== undefined) return askedBy(first);
  return change?.asked ?? { ...inForce, price: undefined };
}

/** The terms that a counter-offer begins from: those asked for last. */
function lastAsked(reservation: Reservation): Fields {
  const usual = defaultFields([], [], Date.parse(reservation.createdAt));
  return fieldsFrom(askedOf(reservation), usual);
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
  const fields = useMemo(() => fieldsOf(texts, lastAsked(reservation)), [texts, reservation]);
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
      <Standing reservation={reservation} />
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
      <Dialogue id={reservation.id} isOwn={isOwn} />
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
    const isAgreed = reservation.paid !== undefined;
    if (isAgreed && stands !== null) {
      const bar = { id: STANDS, row: STANDS, ...stands, kind: "own" as const, isMovable };
      rows.push({
        row: { id: STANDS, name: "Agreed", isPinned: true },
        bars: [{ ...bar, label: sizeWords(reservation) }],
      });
    }
    // Where it can be had as asked, the offer shows it.
    if (offers[0]?.differs) {
      const asked = askedOf(reservation);
      const bar = { id: WAS_ASKED, row: WAS_ASKED, kind: "ghost" as const };
      rows.push({
        row: { id: WAS_ASKED, name: "You asked", isPinned: true },
        bars: [{ ...bar, ...offerWindow({ proposal: asked }), label: sizeWords(asked) }],
      });
    }
    rows.push(...offersRow(offers, false, isMovable));
    if (draft !== null) {
      rows.push(askedRow(windowOf(draft), `${draft.fixed} ${draft.type}`, "Your counter-offer"));
    }
    return rows;
  }, [reservation, isMovable, draft]);
}
