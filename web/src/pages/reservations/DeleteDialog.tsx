import { Skeleton } from "@patternfly/react-core/dist/esm/components/Skeleton";
import { useQueries } from "@tanstack/react-query";

import { readRefund } from "../../api/endpoints";
import { asApiError } from "../../api/problem";
import type { RefundQuote, Reservation } from "../../api/types";
import { Moment } from "../../time/ZoneProvider";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Credits } from "../../ui/Money";
import { shortId } from "../../ui/shortId";
import { isAgreed, sizeInWords, sumCredits } from "./standing";

interface Given {
  reservations: readonly Reservation[];
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before reservations are deleted: what was paid for them, and what of it is given back. */
export function DeleteDialog({ reservations, onConfirm, onClose }: Given) {
  const agreed = reservations.filter(isAgreed);
  const talkedAbout = reservations.length - agreed.length;
  const quotes = useQueries({
    queries: agreed.map(({ id }) => ({
      queryKey: ["refund", id],
      queryFn: ({ signal }: { signal: AbortSignal }) => readRefund(id, signal),
      // What is given back depends on when one asks.
      staleTime: 0,
      gcTime: 0,
    })),
  });
  const many = reservations.length > 1;
  const title = many
    ? `Delete ${reservations.length} reservations?`
    : `Delete reservation ${shortId(reservations[0]?.id ?? "")}?`;
  return (
    <ConfirmDialog
      isDanger
      title={title}
      action="Delete"
      isBlocked={quotes.some((quote) => quote.isPending)}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      {talkedAbout > 0 && (
        <p>
          {many ? `${talkedAbout} of them: t` : "T"}he negotiation ends and its offers hold nothing
          any more. Nothing was paid.
        </p>
      )}
      {agreed.length > 0 && (
        <>
          <p>Instances that run are stopped and removed, and their capacity is free at once.</p>
          <ul className="pf-v6-c-list">
            {agreed.map((reservation, index) => (
              <li key={reservation.id}>
                <span className="opx-mono">{shortId(reservation.id)}</span>,{" "}
                {sizeInWords(reservation)}:{" "}
                <Refund quote={quotes[index]?.data} error={quotes[index]?.error} />
              </li>
            ))}
          </ul>
          {agreed.length > 1 && <Total quotes={quotes.map(({ data }) => data)} />}
        </>
      )}
    </ConfirmDialog>
  );
}

function Refund({ quote, error }: { quote: RefundQuote | undefined; error: unknown }) {
  if (error) return <>what is given back is not known: {asApiError(error).message}</>;
  if (!quote) return <Skeleton width="12rem" screenreaderText="Asking what is given back" />;
  return (
    <>
      <strong>
        <Credits amount={quote.refund} />
      </strong>{" "}
      of <Credits amount={quote.paid} /> paid are given back
      {quote.validUntil !== null && (
        <>
          {" "}
          until <Moment at={quote.validUntil} />
        </>
      )}
      .
    </>
  );
}

function Total({ quotes }: { quotes: readonly (RefundQuote | undefined)[] }) {
  const known = quotes.filter((quote) => quote !== undefined);
  if (known.length < quotes.length) return null;
  return (
    <p>
      In all <Credits amount={sumCredits(known.map(({ refund }) => refund))} /> of{" "}
      <Credits amount={sumCredits(known.map(({ paid }) => paid))} /> are given back.
    </p>
  );
}
