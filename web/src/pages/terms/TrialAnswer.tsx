import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";
import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Skeleton } from "@patternfly/react-core/dist/esm/components/Skeleton";

import type { NegotiationAnswer, Offer } from "../../api/types";
import { Credits } from "../../ui/Money";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { OfferCard } from "./OfferCard";
import { Reasons } from "./Reasons";
import type { Trial } from "./useTrial";
import { quoteWords } from "./words";

interface Given {
  trial: Trial;
  /** What of its refusal is not shown beside a field. */
  refusal: unknown;
  onUse: (offer: Offer) => void;
}

/** What the answer would be if the terms were sent now; nothing is held. */
export function TrialAnswer({ trial, refusal, onUse }: Given) {
  const { data, isCurrent } = trial;
  if (trial.error !== null) {
    if (refusal === null) return <p>Some fields have to be changed first.</p>;
    return <ErrorNotice error={refusal} onRetry={() => void trial.refetch()} />;
  }
  if (data === undefined) return <Skeleton screenreaderText="Asking" height="6rem" />;
  return (
    <div className="opx-stack" aria-busy={!isCurrent}>
      <div role="status" aria-live="polite">
        <Verdict answer={data} />
      </div>
      <Reasons reasons={data.reasons} />
      {data.reply === "COUNTER" &&
        data.offers.map((offer) => (
          <OfferCard key={offer.offer} offer={offer} isTrial>
            <Button variant="secondary" onClick={() => onUse(offer)}>
              Ask for this instead
            </Button>
          </OfferCard>
        ))}
    </div>
  );
}

function Verdict({ answer }: { answer: NegotiationAnswer }) {
  const [offer] = answer.offers;
  switch (answer.reply) {
    case "ACCEPT":
      return (
        <Alert isInline variant="success" title="It would be accepted as asked" component="h3">
          {offer && (
            <p>
              <strong>
                <Credits amount={offer.price} />
              </strong>
              , {quoteWords(offer.quote)}
            </p>
          )}
          {offer?.options && (
            <p>
              {offer.options.granted} optional at <Credits amount={offer.options.priceEach} /> each,{" "}
              {offer.options.guaranteed} held for sure
            </p>
          )}
        </Alert>
      );
    case "COUNTER":
      return (
        <Alert
          isInline
          variant="warning"
          title={`It would be answered with ${offersWords(answer.offers.length)}`}
          component="h3"
        />
      );
    default:
      return <Alert isInline variant="danger" title="It would be rejected" component="h3" />;
  }
}

function offersWords(count: number): string {
  return count === 1 ? "another offer" : `${count} other offers`;
}
