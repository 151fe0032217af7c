import { useId } from "react";

import { Areas } from "./AreaPatterns";
import { BarButton } from "./BarButton";
import { MovableBar } from "./MovableBar";
import type { Rules } from "./drag";
import { LANE_PIXELS, type Placed, ROW_PIXELS, type RowLanes, drawn } from "./lanes";
import type { Bar, Span } from "./model";
import { zoomed } from "./scale";
import type { BarFocus } from "./useBarFocus";
import type { Draft, Selecting } from "./useSelecting";

/** What every row and bar of a time line has to know. */
export interface RowContext {
  view: Span;
  width: number;
  zone: string;
  rules: Rules;
  select: Selecting;
  focus: BarFocus;
  draft: Draft | null;
  picked: string | undefined;
  /** The id of what tells how bars are moved by keys. */
  helpId: string;
  bounds: Span | undefined;
  onView: (view: Span) => void;
  onMove: ((bar: Bar, window: Span) => void) | undefined;
  onPick: ((bar: Bar) => void) | undefined;
  onDraft: (draft: Draft | null) => void;
  sayWindow: (what: string, span: Span) => void;
}

interface Given extends RowContext {
  placed: Placed;
  isAbsolute?: boolean;
  lanes: RowLanes | undefined;
}

/** One row: its name, what is free, and its bars. */
export function RowLine({ placed, isAbsolute = false, lanes, ...context }: Given) {
  const { row, top, height } = placed;
  const { view, width, select } = context;
  const nameId = useId();
  return (
    <div
      className="opx-tl-row"
      role="group"
      aria-labelledby={nameId}
      style={isAbsolute ? { position: "absolute", top, height } : { height }}
    >
      <div className="opx-tl-name" id={nameId}>
        <span>{row.name}</span>
        {row.detail !== undefined && <small>{row.detail}</small>}
      </div>
      <div
        className={select.isPossible ? "opx-tl-track opx-tl-open" : "opx-tl-track"}
        {...select.handlers}
      >
        {row.areas !== undefined && (
          <Areas areas={row.areas} view={view} width={width} height={height} />
        )}
        {lanes?.lanes.flatMap((lane, i) =>
          drawn(lane, view, width).map(({ bars, left, width }) => {
            const place = { left, width, top: ROW_PIXELS / 2 + i * LANE_PIXELS };
            const [bar] = bars;
            return bar.isMovable ? (
              <MovableBar key={bar.id} bar={bar} place={place} {...context} />
            ) : (
              <BarButton
                key={bar.id}
                bars={bars}
                place={place}
                {...context}
                onZoom={(span) => context.onView(around(span, view, context.bounds))}
              />
            );
          }),
        )}
      </div>
    </div>
  );
}

/** A view in which bars that are too close together can be told apart. */
function around(span: Span, view: Span, bounds: Span | undefined): Span {
  const middle = Math.round((span.from + span.to) / 2);
  const part = (2 * (span.to - span.from)) / (view.to - view.from);
  const seen = zoomed(view, Math.min(0.5, Math.max(part, 0.1)), middle, bounds);
  const half = Math.round((seen.to - seen.from) / 2);
  return { from: middle - half, to: middle - half + (seen.to - seen.from) };
}
