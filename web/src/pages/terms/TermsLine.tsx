import {
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core/dist/esm/components/ToggleGroup";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useId, useMemo } from "react";

import { SITE } from "../../session/site";
import { useZone } from "../../time/ZoneProvider";
import { TimeLine } from "../../timeline/TimeLine";
import { type Bar, DAY, MINUTE, type Row, type Span } from "../../timeline/model";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { lookBounds, textsOfView, viewOf } from "./lineView";
import { reservationOf } from "./poolRows";
import type { Texts } from "./useTexts";
import { usePool } from "./usePool";

/** A row above those of the pool, with its bars. */
export interface TopRow {
  row: Row;
  bars: Bar[];
}

interface Given {
  label: string;
  texts: Texts;
  change: (patch: Texts) => void;
  now: number | null;
  /** Around what the time line opens; the service's time where left out. */
  around?: number;
  top: readonly TopRow[];
  band: Span | null;
  type?: string;
  /** A reservation that has rows of its own. */
  except?: string;
  picked?: string;
  onSelect?: (window: Span) => void;
  onMove?: (bar: Bar, window: Span) => void;
  onPick?: (bar: Bar) => void;
}

const DEFAULT_LIMITS = { durationMinMs: MINUTE, durationMaxMs: 365 * DAY, horizonMs: 400 * DAY };

/** The time line of a negotiation: what is talked about, over the pool and one's own bookings. */
export function TermsLine(given: Given) {
  const { texts, change, now, top } = given;
  const { zone } = useZone();
  const router = useRouter();
  const { durationMinMs, durationMaxMs, horizonMs } = useQuery(SITE).data?.limits ?? DEFAULT_LIMITS;
  const byNode = texts.rows === "node";
  const view = useMemo(() => viewOf(texts, given.around ?? now ?? 0), [texts, given.around, now]);
  const pool = usePool({ view, byNode, now, type: given.type, except: given.except });
  const rows = useMemo(() => [...top.map(({ row }) => row), ...pool.rows], [top, pool.rows]);
  const bars = useMemo(() => [...top.flatMap(({ bars }) => bars), ...pool.bars], [top, pool.bars]);
  if (now === null) return <Loading what="the time line" />;
  const pick = (bar: Bar) => {
    const id = reservationOf(bar);
    if (id === null) given.onPick?.(bar);
    else void router.navigate({ to: "/reservations/$id", params: { id } });
  };
  return (
    <div className="opx-stack">
      <ErrorNotice error={pool.error} onRetry={pool.again} />
      <TimeLine
        label={given.label}
        {...{ rows, bars, view, zone, now }}
        onView={(view) => change(textsOfView(view))}
        bounds={lookBounds(now, horizonMs)}
        windowBounds={{ from: now, to: now + horizonMs + durationMaxMs }}
        lengthMinMs={durationMinMs}
        lengthMaxMs={durationMaxMs}
        band={given.band}
        picked={given.picked}
        onSelect={given.onSelect}
        onMove={given.onMove}
        onPick={pick}
        height={byNode ? 360 : 420}
      />
      <div className="opx-line-tools">
        <RowsSwitch byNode={byNode} onChange={(rows) => change({ rows })} />
        {!pool.isWhole && <span>Not all bookings are shown: look at a shorter time.</span>}
      </div>
    </div>
  );
}

function RowsSwitch({ byNode, onChange }: { byNode: boolean; onChange: (rows?: string) => void }) {
  const id = useId();
  return (
    <ToggleGroup isCompact aria-label="Rows of the time line">
      <ToggleGroupItem
        text="All nodes together"
        buttonId={`${id}-sum`}
        isSelected={!byNode}
        onChange={() => onChange(undefined)}
      />
      <ToggleGroupItem
        text="Node by node"
        buttonId={`${id}-node`}
        isSelected={byNode}
        onChange={() => onChange("node")}
      />
    </ToggleGroup>
  );
}
