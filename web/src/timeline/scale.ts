/** Where in the view an instant is, and which view comes next. */
import { DAY, HOUR, type Span } from "./model";

/** How much time can be seen at once. */
export const VIEW_MIN_MS = HOUR;
export const VIEW_MAX_MS = 400 * DAY;

/** How far ahead one looks, by name. */
export const PRESETS = {
  day: DAY,
  week: 7 * DAY,
  month: 30 * DAY,
  quarter: 91 * DAY,
} as const;
export type Preset = keyof typeof PRESETS;

/** Where `at` is, in pixels from the left edge of a view that is `width` pixels wide. */
export function toPixels(at: number, view: Span, width: number): number {
  return ((at - view.from) * width) / (view.to - view.from);
}

/** Which instant is at `x`. */
export function toInstant(x: number, view: Span, width: number): number {
  return view.from + Math.round((x * (view.to - view.from)) / Math.max(1, width));
}

export function overlaps(a: Span, b: Span): boolean {
  return a.from < b.to && b.from < a.to;
}

/** `span` moved as little as possible so that it is inside of `bounds`, as far as it fits. */
export function clampInto(span: Span, bounds: Span | undefined): Span {
  if (bounds === undefined) return span;
  const length = Math.min(span.to - span.from, bounds.to - bounds.from);
  const from = Math.max(bounds.from, Math.min(span.from, bounds.to - length));
  return { from, to: from + length };
}

/** The view moved by `part` of itself; later where `part` is positive. */
export function panned(view: Span, part: number, bounds?: Span): Span {
  const by = Math.round((view.to - view.from) * part);
  return clampInto({ from: view.from + by, to: view.to + by }, bounds);
}

/** The view `factor` times as long, with the instant `around` where it was. */
export function zoomed(view: Span, factor: number, around: number, bounds?: Span): Span {
  const length = view.to - view.from;
  const next = Math.round(Math.max(VIEW_MIN_MS, Math.min(VIEW_MAX_MS, length * factor)));
  const from = around - Math.round(((around - view.from) * next) / length);
  return clampInto({ from, to: from + next }, bounds);
}

/** The preset that is as long as the view, if one is. */
export function presetOf(view: Span): Preset | null {
  const length = view.to - view.from;
  const found = Object.entries(PRESETS).find(([, ms]) => ms === length);
  return (found?.[0] as Preset | undefined) ?? null;
}

/** The view moved as little as possible so that `span` can be seen; as it is where it can. */
export function showing(view: Span, span: Span, bounds?: Span): Span {
  const length = view.to - view.from;
  if (span.from >= view.from && span.to <= view.to) return view;
  const margin = Math.round(length / 20);
  const earlier = span.from < view.from || span.to - span.from > length - 2 * margin;
  const from = earlier ? span.from - margin : span.to + margin - length;
  return clampInto({ from, to: from + length }, bounds);
}
