import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { ExpandableSection } from "@patternfly/react-core/dist/esm/components/ExpandableSection";
import { Skeleton } from "@patternfly/react-core/dist/esm/components/Skeleton";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { findOffers } from "../../api/endpoints";
import { Moment } from "../../time/ZoneProvider";
import { DAY } from "../../timeline/model";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Credits } from "../../ui/Money";
import { Reasons } from "../terms/Reasons";
import type { Fields } from "../terms/fields";

/** How far ahead is looked where the form does not say, and how many starts are shown. */
const LOOK_MS = 7 * DAY;
const SHOWN = 5;

interface Given {
  fields: Fields;
  now: number;
  onUse: (start: number) => void;
}

/** When the same would be cheapest, within what the form says of room to move. */
export function CheapStarts({ fields, now, onUse }: Given) {
  const [isOpen, setOpen] = useState(false);
  const { type, fixed, duration, earliest, latest } = fields;
  const from = earliest !== null && earliest > now ? earliest : undefined;
  const last = latest === null ? (from ?? now) + LOOK_MS : latest - duration;
  const asked = {
    type,
    count: fixed,
    duration,
    from: from === undefined ? undefined : new Date(from).toISOString(),
    // To the hour, so that the question does not change with every second.
    to: new Date(Math.ceil(last / 3_600_000) * 3_600_000).toISOString(),
    limit: SHOWN,
  };
  const found = useQuery({
    queryKey: ["availability", "offers", asked],
    queryFn: ({ signal }) => findOffers(asked, signal),
    enabled: isOpen && last > now && duration > 0,
    placeholderData: keepPreviousData,
  });
  return (
    <ExpandableSection
      toggleText="Cheapest starts"
      isExpanded={isOpen}
      onToggle={(_, open) => setOpen(open)}
      isIndented
    >
      <ErrorNotice error={found.error} onRetry={() => void found.refetch()} />
      {found.isLoading && <Skeleton screenreaderText="Looking for starts" />}
      {found.data && <Reasons reasons={found.data.reasons} />}
      <ol className="opx-starts">
        {found.data?.offers.map(({ startTime, price }) => (
          <li key={startTime}>
            <Button variant="link" isInline onClick={() => onUse(Date.parse(startTime))}>
              <Moment at={startTime} />
            </Button>{" "}
            <Credits amount={price} />
          </li>
        ))}
      </ol>
    </ExpandableSection>
  );
}
