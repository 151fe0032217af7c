import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Title } from "@patternfly/react-core/dist/esm/components/Title";

import type { Offer } from "../../api/types";
import { OfferCard } from "../terms/OfferCard";
import { Reasons } from "../terms/Reasons";
import { offerId } from "../terms/topRows";
import { type Allowed, type Table } from "./stage";
import type { Acts } from "./useNegotiation";

interface Given {
  table: Table;
  may: Allowed;
  acts: Acts;
  picked: string | undefined;
  onCounter: (offer: Offer) => void;
}

/** What is on the table: each offer a card, and why it is not what was asked. */
export function Offers({ table, may, acts, picked, onCounter }: Given) {
  if (table.offers.length === 0 && table.reasons.length === 0) return null;
  return (
    <section className="opx-stack" aria-label="On the table">
      <Title headingLevel="h2" size="lg">
        On the table
      </Title>
      <Reasons reasons={table.reasons} />
      <div className="opx-offers">
        {table.offers.map((offer) => (
          <OfferCard key={offer.offer} offer={offer} isPicked={picked === offerId(offer.offer)}>
            {may.accept && (
              <Button
                isDisabled={acts.isPending}
                aria-label={`Accept offer ${offer.offer}`}
                onClick={() =>
                  acts.act({ do: "say", message: { reply: "ACCEPT", offer: offer.offer } })
                }
              >
                Accept
              </Button>
            )}
            {may.counter && (
              <Button
                variant="secondary"
                aria-label={`Counter offer ${offer.offer}`}
                onClick={() => onCounter(offer)}
              >
                Counter
              </Button>
            )}
          </OfferCard>
        ))}
      </div>
    </section>
  );
}
