import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from "@patternfly/react-core/dist/esm/components/DescriptionList";
import type { ReactNode } from "react";

import type { Reservation } from "../../api/types";
import { Moment } from "../../time/ZoneProvider";
import { Credits } from "../../ui/Money";
import { StatusLabel } from "../../ui/StatusLabel";
import { firstExpiry, sizeInWords } from "../reservations/standing";
import type { InstanceThen } from "./entries";

export function Term({ name, children }: { name: string; children: ReactNode }) {
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{name}</DescriptionListTerm>
      <DescriptionListDescription>{children}</DescriptionListDescription>
    </DescriptionListGroup>
  );
}

/** A reservation as it stood at an event. */
export function AsOf(given: { reservation: Reservation; instances: readonly InstanceThen[] }) {
  const { reservation, instances } = given;
  const { startTime, endTime, price, paid, template, placement, offers, change } = reservation;
  const expiry = firstExpiry(reservation);
  return (
    <DescriptionList isCompact isHorizontal>
      <Term name="Status">
        <StatusLabel status={reservation.status} />
        {change && ` with a change ${change.status.toLowerCase().replace("_", " ")}`}
      </Term>
      <Term name="Size">{sizeInWords(reservation)}</Term>
      {template && <Term name="Template">{template}</Term>}
      {startTime && (
        <Term name="Start">
          <Moment at={startTime} />
        </Term>
      )}
      {endTime && (
        <Term name="End">
          <Moment at={endTime} />
        </Term>
      )}
      {price && (
        <Term name="Price">
          <Credits amount={price} />
          {paid && paid !== price && (
            <>
              , paid <Credits amount={paid} />
            </>
          )}
        </Term>
      )}
      {placement.length > 0 && (
        <Term name="Nodes">
          {placement.map(({ node, count }) => `${count} on ${node}`).join(", ")}
        </Term>
      )}
      {offers.length > 0 && (
        <Term name="Offers">
          {offers.length}
          {expiry && (
            <>
              , held until <Moment at={expiry} />
            </>
          )}
        </Term>
      )}
      {instances.length > 0 && (
        <Term name="Instances">
          <ul>
            {instances.map(({ id, name, wanted, seen, isRemoved }) => (
              <li key={id}>
                {name}:{" "}
                {isRemoved
                  ? "removed"
                  : `wanted ${wanted.toLowerCase()}, ${seen === "UNKNOWN" ? "not seen" : `seen ${seen.toLowerCase()}`}`}
              </li>
            ))}
          </ul>
        </Term>
      )}
    </DescriptionList>
  );
}
