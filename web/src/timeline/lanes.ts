/** Bars that overlap are beside each other; those too small to hit are shown as one. */
import type { Bar, Row, Span } from "./model";
import { toPixels } from "./scale";

/** How many bars can be beside each other in a row; the rest share the last lane. */
export const LANES_MAX = 6;
/** How high a lane is, and what a row has around its lanes, in pixels. */
export const LANE_PIXELS = 26;
export const ROW_PIXELS = 10;
/** No button is narrower than this (WCAG 2.2, 2.5.8). */
export const BAR_PIXELS_MIN = 24;

/** The bars of a row, lane by lane, each lane in order of time. */
export interface RowLanes {
  lanes: Bar[][];
}

/**
 * The bars by row, without order of their own needed.
 *
 * Those that can be moved are never drawn as one, so in their lanes each has room for at least
 * `leastMs`, the time that the narrowest button covers.
 */
export function lanesOf(bars: readonly Bar[], leastMs = 0): Map<string, RowLanes> {
  const endOf = (bar: Bar) => (bar.isMovable ? Math.max(bar.to, bar.from + leastMs) : bar.to);
  const rows = new Map<string, RowLanes>();
  const sorted = [...bars].sort((a, b) => a.from - b.from || (a.id < b.id ? -1 : 1));
  for (const bar of sorted) {
    let row = rows.get(bar.row);
    if (row === undefined) rows.set(bar.row, (row = { lanes: [] }));
    const free = row.lanes.find((lane) => {
      const last = lane[lane.length - 1];
      return last === undefined || endOf(last) <= bar.from;
    });
    if (free !== undefined) free.push(bar);
    else if (row.lanes.length < LANES_MAX) row.lanes.push([bar]);
    else row.lanes[LANES_MAX - 1]?.push(bar);
  }
  return rows;
}

/** Where a row is among those that scroll, in pixels. */
export interface Placed {
  row: Row;
  top: number;
  height: number;
}

/** The rows one under the other, each as high as its lanes need. */
export function stack(rows: readonly Row[], lanes: Map<string, RowLanes>): Placed[] {
  let top = 0;
  return rows.map((row) => {
    const count = Math.max(row.lanesMin ?? 1, lanes.get(row.id)?.lanes.length ?? 1);
    const height = ROW_PIXELS + LANE_PIXELS * count;
    const placed = { row, top, height };
    top += height;
    return placed;
  });
}

/** The first index from which on `isPast` holds; it must hold for all after the first. */
export function firstWhere<T>(list: readonly T[], isPast: (entry: T) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isPast(list[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The rows that can be seen where the list is scrolled to `top`, and one more each side. */
export function visibleRows(placed: readonly Placed[], top: number, height: number): Placed[] {
  const first = firstWhere(placed, (row) => row.top + row.height > top);
  const end = firstWhere(placed, (row) => row.top >= top + height);
  return placed.slice(Math.max(0, first - 1), end + 1);
}

/** One button: a bar, or several that are too close together to be hit one by one. */
export interface Drawn {
  bars: [Bar, ...Bar[]];
  /** In pixels from the left edge of the view. */
  left: number;
  width: number;
}

/** What of a lane is drawn in a view that is `width` pixels wide. */
export function drawn(lane: readonly Bar[], view: Span, width: number): Drawn[] {
  const found: Drawn[] = [];
  for (const bar of lane) {
    if (bar.from >= view.to) break;
    if (bar.to <= view.from) continue;
    const left = Math.max(-2, toPixels(bar.from, view, width));
    const right = Math.min(width + 2, toPixels(bar.to, view, width));
    const last = found[found.length - 1];
    const joins = last !== undefined && left < last.left + last.width - 0.5;
    if (joins && !bar.isMovable && !last.bars[0].isMovable) {
      last.bars.push(bar);
      last.width = Math.max(last.width, right - last.left);
    } else {
      found.push({ bars: [bar], left, width: Math.max(BAR_PIXELS_MIN, right - left) });
    }
  }
  return found;
}
