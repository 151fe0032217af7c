import {
  Card,
  CardBody,
  CardFooter,
  CardTitle,
} from "@patternfly/react-core/dist/esm/components/Card";
import type { ReactNode } from "react";

import type { Offer } from "../../api/types";
import { Moment, useZone } from "../../time/ZoneProvider";
import { formatDuration } from "../../time/zone";
import { Countdown } from "../../ui/Countdown";
import { Credits } from "../../ui/Money";
import { differenceWords, instanceWords, offerWindow, quoteWords, sizeWords } from "./words";

interface Given {
  offer: Offer;
  /** Whether it holds capacity, and so runs out: one that is only tried does not. */
  isTrial?: boolean;
  isPicked?: boolean;
  /** Buttons. */
  children?: ReactNode;
}

/** An offer: what differs, for how much, and for how long it is held. */
export function OfferCard({ offer, isTrial = false, isPicked = false, children }: Given) {
  const { zone } = useZone();
  const { from, to } = offerWindow(offer);
  const name = isTrial ? "" : `Offer ${offer.offer}: `;
  return (
    <Card isCompact className={isPicked ? "opx-offer opx-offer-picked" : "opx-offer"}>
      <CardTitle component="h3">
        {name}
        {differenceWords(offer.differs, zone)}
      </CardTitle>
      <CardBody>
        <p>
          {sizeWords(offer.proposal)}, <Moment at={from} /> to <Moment at={to} />,{" "}
          {formatDuration(to - from)}
        </p>
        <p>
          <strong>
            <Credits amount={offer.price} />
          </strong>{" "}
          <span className="opx-subtle">
            {offer.quote.listPrice !== offer.price && `list price ${offer.quote.listPrice}, `}
            {quoteWords(offer.quote)}
          </span>
        </p>
        {offer.options && (
          <p>
            {instanceWords(offer.options.granted)} more may be claimed until the start for{" "}
            <Credits amount={offer.options.priceEach} /> each; {offer.options.guaranteed} held for
            sure.
          </p>
        )}
        {!isTrial && <Hold offer={offer} />}
      </CardBody>
      {children && <CardFooter className="opx-row">{children}</CardFooter>}
    </Card>
  );
}

function Hold({ offer }: { offer: Offer }) {
  if (!offer.held) {
    return <p>Its capacity is no longer held; taking it has it judged again.</p>;
  }
  return (
    <p>
      Held for you for another <Countdown until={offer.expiresAt} over="moment" />
    </p>
  );
}
