import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";
import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";

import { useZone } from "../time/ZoneProvider";
import { useNow } from "../time/now";
import { Loading } from "../ui/Loading";
import { OnlyFor } from "../ui/OnlyFor";
import { PageHead } from "../ui/PageHead";
import { useAddress } from "../ui/useAddress";
import { DemandFigure } from "./statistics/DemandFigure";
import { PricesFigure } from "./statistics/PricesFigure";
import { RangeBar } from "./statistics/RangeBar";
import { UtilisationFigure } from "./statistics/UtilisationFigure";
import { rangeOf } from "./statistics/range";

const TITLE = "Utilisation and prices";
const TICK_MS = 30_000;

/** How much was used, what was asked, and what it cost; for operators and auditors. */
export function StatisticsPage() {
  return (
    <OnlyFor roles={["operator", "auditor"]} title={TITLE}>
      <Statistics />
    </OnlyFor>
  );
}

function Statistics() {
  const [search] = useAddress();
  const now = useNow(TICK_MS);
  const { zone } = useZone();
  const range = now === null ? undefined : rangeOf(search, now, zone);
  return (
    <>
      <PageHead title={TITLE} />
      <PageSection isFilled>
        <div className="opx-stack">
          <RangeBar range={range ?? null} />
          {range === undefined && <Loading what="the time" />}
          {range === null && (
            <Alert
              variant="warning"
              isInline
              component="p"
              title="This is no range of time: say when it begins, and a later end"
            />
          )}
          {range && (
            <>
              <UtilisationFigure range={range} />
              <DemandFigure range={range} />
              <PricesFigure range={range} />
            </>
          )}
        </div>
      </PageSection>
    </>
  );
}
