import { type RefObject, useState } from "react";

import type { Placed, RowLanes } from "./lanes";
import type { Bar, Span } from "./model";
import { showing } from "./scale";

interface Given {
  lanes: Map<string, RowLanes>;
  /** Pinned rows first, then those that scroll. */
  rows: readonly Placed[];
  view: Span;
  bounds?: Span;
  onView: (view: Span) => void;
  scroll: RefObject<HTMLDivElement | null>;
}

/** The first bar that can be moved, whichever it is. */
export const ANY_MOVABLE = "*";

/**
 * Which bar has the focus: all bars together are one stop of the Tab key, arrow keys go from one
 * to the next, also to those that are not drawn yet.
 */
export function useBarFocus({ lanes, rows, view, bounds, onView, scroll }: Given) {
  const [active, setActive] = useState<string | null>(null);
  const [wanted, setWanted] = useState<string | null>(null);

  const barsOf = (row: string) => {
    const bars = lanes.get(row)?.lanes.flat() ?? [];
    return bars.sort((a, b) => a.from - b.from);
  };
  const goTo = (bar: Bar) => {
    setActive(bar.id);
    setWanted(bar.id);
    const seen = showing(view, { from: bar.from, to: Math.min(bar.to, bar.from + 1) }, bounds);
    if (seen !== view) onView(seen);
    const placed = rows.find(({ row }) => row.id === bar.row);
    const list = scroll.current;
    if (list === null || placed === undefined || placed.row.isPinned) return;
    if (placed.top < list.scrollTop) list.scrollTo({ top: placed.top });
    const bottom = placed.top + placed.height;
    if (bottom > list.scrollTop + list.clientHeight) {
      list.scrollTo({ top: bottom - list.clientHeight });
    }
  };
  /** The bar that an arrow key leads to from `bar`, if any. */
  const next = (bar: Bar, key: string): Bar | undefined => {
    const own = barsOf(bar.row);
    const index = own.findIndex(({ id }) => id === bar.id);
    if (key === "ArrowLeft") return own[index - 1];
    if (key === "ArrowRight") return own[index + 1];
    const down = key === "ArrowDown";
    if (!down && key !== "ArrowUp") return undefined;
    const at = rows.findIndex(({ row }) => row.id === bar.row);
    const beyond = down ? rows.slice(at + 1) : rows.slice(0, at).reverse();
    for (const { row } of beyond) {
      const bars = barsOf(row.id).filter(({ isMovable }) => !isMovable);
      const near = (one: Bar) => Math.abs(one.from - bar.from);
      const nearest = bars.sort((a, b) => near(a) - near(b))[0];
      if (nearest !== undefined) return nearest;
    }
    return undefined;
  };
  return {
    active,
    wanted,
    setActive,
    wantMovable: () => setWanted(ANY_MOVABLE),
    found: () => setWanted(null),
    /** Whether the key led somewhere. */
    go(bar: Bar, key: string): boolean {
      const target = next(bar, key);
      if (target !== undefined) goTo(target);
      return target !== undefined;
    },
  };
}

export type BarFocus = ReturnType<typeof useBarFocus>;
