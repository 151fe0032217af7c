import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from "@patternfly/react-core/dist/esm/components/DescriptionList";
import type { ReactNode } from "react";

import type { Reservation } from "../../api/types";
import { Moment } from "../../time/ZoneProvider";
import { formatDuration } from "../../time/zone";
import { Credits } from "../../ui/Money";
import { sizeWords } from "../terms/words";

/** The terms that are in force, or on the table. */
export function Standing({ reservation }: { reservation: Reservation }) {
  const { template, startTime, endTime, duration, price, paid, placement } = reservation;
  const isAgreed = paid !== undefined;
  const entries: [string, ReactNode][] = [];
  if (reservation.type !== undefined) entries.push(["Instances", sizeWords(reservation)]);
  if (template !== undefined) entries.push(["Template", template]);
  if (startTime !== undefined) entries.push(["Start", <Moment key="start" at={startTime} />]);
  if (endTime !== undefined) entries.push(["End", <Moment key="end" at={endTime} />]);
  if (duration !== undefined) entries.push(["Duration", formatDuration(duration)]);
  if (price !== undefined) entries.push(["Price", <Credits key="price" amount={price} />]);
  if (paid !== undefined) entries.push(["Cost so far", <Credits key="paid" amount={paid} />]);
  if (placement.length > 0) {
    const places = placement.map(({ node, count }) => `${count} on ${node}`).join(", ");
    entries.push([isAgreed ? "Where" : "Would be", places]);
  }
  entries.push(["Opened", <Moment key="opened" at={reservation.createdAt} />]);
  return (
    <DescriptionList isCompact columnModifier={{ default: "1Col", sm: "2Col", lg: "3Col" }}>
      {entries.map(([term, words]) => (
        <DescriptionListGroup key={term}>
          <DescriptionListTerm>{term}</DescriptionListTerm>
          <DescriptionListDescription>{words}</DescriptionListDescription>
        </DescriptionListGroup>
      ))}
    </DescriptionList>
  );
}
