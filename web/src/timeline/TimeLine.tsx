import "./timeline.css";

import { type KeyboardEvent, useCallback, useId, useMemo, useRef, useState } from "react";

import { AreaPatterns } from "./AreaPatterns";
import { Axis } from "./Axis";
import { Legend } from "./Legend";
import { type RowContext, RowLine } from "./RowLine";
import { TimeLineTable } from "./TimeLineTable";
import { TimeLineTools } from "./TimeLineTools";
import { type Rules, stepFor } from "./drag";
import { BAR_PIXELS_MIN, type RowLanes, lanesOf, stack, visibleRows } from "./lanes";
import { type Bar, DAY, MINUTE, type Row, type Span } from "./model";
import { overlaps, panned, showing, toPixels, zoomed } from "./scale";
import { useBarFocus } from "./useBarFocus";
import { type Draft, useSelecting } from "./useSelecting";
import { useWheel } from "./useWheel";
import { useWidth } from "./useWidth";
import { useSaid } from "./words";

export interface TimeLineProps {
  /** What it is called, for who cannot see it. */
  label: string;
  rows: readonly Row[];
  bars: readonly Bar[];
  /** What can be seen of time; the page has it, so that its address can. */
  view: Span;
  onView: (view: Span) => void;
  /** An IANA name. */
  zone: string;
  /** The service's time, where the now line is; `null` until it is known. */
  now: number | null;
  /** Where panning ends. */
  bounds?: Span;
  /** What windows that are dragged stay inside of. */
  windowBounds?: Span;
  /** Marked from top to bottom: the window that is talked about. */
  band?: Span | null;
  /** Given where a window can be chosen: by dragging where no bar is, or by keys. */
  onSelect?: (window: Span) => void;
  /** A movable bar was dragged, or moved by keys, to this window. */
  onMove?: (bar: Bar, window: Span) => void;
  /** A bar was pressed. */
  onPick?: (bar: Bar) => void;
  /** The bar that is shown as picked. */
  picked?: string;
  /** What edges are dragged to, in milliseconds; by the view where left out. */
  stepMs?: number;
  /** How long a window may be. */
  lengthMinMs?: number;
  lengthMaxMs?: number;
  /** How high the rows that scroll may be, in pixels. */
  height?: number;
}

/** Resources over time: rows of bars over what is free, to look at and to choose windows on. */
export function TimeLine(given: TimeLineProps) {
  const { view, onView, zone, bounds, windowBounds, now, onSelect, onMove } = given;
  const { lengthMinMs = MINUTE, lengthMaxMs = 365 * DAY, height: heightMax = 420 } = given;
  const helpId = useId();
  const [width, measure] = useWidth();
  const [top, setTop] = useState(0);
  const [hasTable, setHasTable] = useState(false);
  const [draft, setDraft] = useState<Draft | null>(null);
  const { said, sayWindow } = useSaid(zone);
  const scroll = useRef<HTMLDivElement>(null);
  const stepMs = given.stepMs ?? stepFor(view, width);
  const rules: Rules = useMemo(
    () => ({ stepMs, zone, bounds: windowBounds, lengthMinMs, lengthMaxMs }),
    [stepMs, zone, windowBounds, lengthMinMs, lengthMaxMs],
  );

  const leastMs = Math.ceil(((view.to - view.from) * (BAR_PIXELS_MIN + 1)) / Math.max(1, width));
  const lanes = useLanes(given.bars, draft, leastMs);
  const pinned = useMemo(
    () =>
      stack(
        given.rows.filter((row) => row.isPinned),
        lanes,
      ),
    [given.rows, lanes],
  );
  const placed = useMemo(
    () =>
      stack(
        given.rows.filter((row) => !row.isPinned),
        lanes,
      ),
    [given.rows, lanes],
  );
  const last = placed[placed.length - 1];
  const total = last === undefined ? 0 : last.top + last.height;
  const height = Math.min(heightMax, total);
  const seen = visibleRows(placed, top, height);

  const select = useSelecting({ view, width, rules, onSelect, onDraft: setDraft, sayWindow });
  const onWheel = useWheel({ view, width, bounds, onView });
  const focus = useBarFocus({ lanes, rows: [...pinned, ...placed], view, bounds, onView, scroll });
  const follow = useCallback(
    (next: Draft | null) => {
      setDraft(next);
      if (next === null) return;
      const shown = showing(view, next.span, bounds);
      if (next.byKeys && shown !== view) onView(shown);
    },
    [view, bounds, onView],
  );
  const zoomAround = useCallback(
    (factor: number) => onView(zoomed(view, factor, Math.round((view.from + view.to) / 2), bounds)),
    [view, bounds, onView],
  );
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const isOnBody = event.target === event.currentTarget;
    if (event.key === "+" || event.key === "=") zoomAround(0.5);
    else if (event.key === "-") zoomAround(2);
    else if (isOnBody && event.key === "ArrowLeft") onView(panned(view, -0.25, bounds));
    else if (isOnBody && event.key === "ArrowRight") onView(panned(view, 0.25, bounds));
    else return;
    event.preventDefault();
  };

  const band = draft?.span ?? given.band ?? null;
  const shared: RowContext = {
    ...{ view, width, zone, rules, select, focus, draft, picked: given.picked, helpId },
    ...{ onMove, onPick: given.onPick, onDraft: follow, onView, bounds, sayWindow },
  };
  return (
    <section className="opx-tl" aria-label={given.label}>
      <TimeLineTools
        {...{ view, onView, bounds, now, zoomAround, hasTable, setHasTable }}
        canSelect={onSelect !== undefined}
        onSelectByKeys={() => {
          const span = select.begin(given.band ?? null, now);
          onSelect?.(span);
          onView(showing(view, span, bounds));
          focus.wantMovable();
        }}
      />
      <p id={helpId} className="opx-unseen">
        Arrow keys move the window by a step, with Shift they lengthen or shorten it; Page Up and
        Page Down move it by a day. Enter takes it, Escape gives up.
      </p>
      <div className="opx-tl-body" ref={onWheel}>
        <AreaPatterns />
        <Axis {...{ view, width, zone, onView, bounds }} trackRef={measure} />
        <div className="opx-tl-marks" aria-hidden="true">
          {band !== null && overlaps(band, view) && <Band span={band} view={view} width={width} />}
          {now !== null && now >= view.from && now < view.to && (
            <span className="opx-tl-now" style={{ left: Math.round(toPixels(now, view, width)) }} />
          )}
        </div>
        {pinned.map((one) => (
          <RowLine key={one.row.id} placed={one} lanes={lanes.get(one.row.id)} {...shared} />
        ))}
        <div
          ref={scroll}
          className="opx-tl-scroll"
          style={{ height }}
          tabIndex={0}
          role="group"
          aria-label={`${given.label}: rows`}
          onScroll={(event) => setTop(event.currentTarget.scrollTop)}
          onKeyDown={onKeyDown}
        >
          <div className="opx-tl-canvas" style={{ height: total }}>
            {seen.map((one) => (
              <RowLine
                key={one.row.id}
                placed={one}
                isAbsolute
                lanes={lanes.get(one.row.id)}
                {...shared}
              />
            ))}
          </div>
        </div>
      </div>
      <Legend bars={given.bars} rows={given.rows} />
      <div className="opx-unseen" role="status">
        {said}
      </div>
      {hasTable && <TimeLineTable rows={given.rows} bars={given.bars} view={view} zone={zone} />}
    </section>
  );
}

function Band({ span, view, width }: { span: Span; view: Span; width: number }) {
  const left = Math.max(0, Math.round(toPixels(span.from, view, width)));
  const right = Math.min(width, Math.round(toPixels(span.to, view, width)));
  return <span className="opx-tl-band" style={{ left, width: Math.max(2, right - left) }} />;
}

/** The bars in lanes, with the one that is being dragged where it is dragged to. */
function useLanes(
  bars: readonly Bar[],
  draft: Draft | null,
  leastMs: number,
): Map<string, RowLanes> {
  const still = useMemo(() => lanesOf(bars, leastMs), [bars, leastMs]);
  return useMemo(() => {
    const dragged = draft && bars.find(({ id }) => id === draft.bar);
    if (!dragged) return still;
    const inRow = bars.filter(({ row }) => row === dragged.row);
    const moved = inRow.map((bar) => (bar === dragged ? { ...bar, ...draft.span } : bar));
    return new Map([...still, ...lanesOf(moved, leastMs)]);
  }, [bars, still, draft, leastMs]);
}
