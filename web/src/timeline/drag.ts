/** What a window becomes when it is dragged, by pointer or by keys. */
import { instantOf, offsetAt } from "../time/zone";
import { DAY, HOUR, MINUTE, type Span } from "./model";

/** What a window may be. */
export interface Rules {
  /** Edges are where the clocks show a multiple of this. */
  stepMs: number;
  zone: string;
  bounds?: Span;
  lengthMinMs: number;
  lengthMaxMs: number;
}

/** What is held while dragging. */
export type Grip = "move" | "from" | "to";

const STEPS = [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, DAY];
/** How many pixels a step has at least. */
const STEP_PIXELS = 6;

/** The least step that can be aimed at. */
export function stepFor(view: Span, width: number): number {
  const aimed = (ms: number) => (ms * width) / (view.to - view.from) >= STEP_PIXELS;
  return STEPS.find(aimed) ?? DAY;
}

/** The instant next to `at` at which the clocks show a multiple of the step. */
export function snap(at: number, { stepMs, zone }: Pick<Rules, "stepMs" | "zone">): number {
  const offset = offsetAt(at, zone);
  const local = Math.round((at + offset) / stepMs) * stepMs;
  // Of an hour that comes twice, the one that `at` is in.
  const same = local - offset;
  return offsetAt(same, zone) === offset ? same : instantOf(local, zone);
}

function lengthWithin(ms: number, { lengthMinMs, lengthMaxMs }: Rules): number {
  return Math.max(lengthMinMs, Math.min(lengthMaxMs, ms));
}

function between(at: number, bounds: Span | undefined): number {
  return bounds === undefined ? at : Math.max(bounds.from, Math.min(bounds.to, at));
}

/** `origin` after it was dragged by `byMs` at `grip`. */
export function dragged(origin: Span, grip: Grip, byMs: number, rules: Rules): Span {
  if (byMs === 0) return origin;
  const length = origin.to - origin.from;
  if (grip === "move") {
    const { bounds } = rules;
    const latest = bounds === undefined ? Infinity : bounds.to - length;
    const earliest = bounds?.from ?? -Infinity;
    const from = Math.max(earliest, Math.min(latest, snap(origin.from + byMs, rules)));
    return { from, to: from + length };
  }
  if (grip === "to") {
    const to = between(snap(origin.to + byMs, rules), rules.bounds);
    return { from: origin.from, to: origin.from + lengthWithin(to - origin.from, rules) };
  }
  const from = between(snap(origin.from + byMs, rules), rules.bounds);
  return { from: origin.to - lengthWithin(origin.to - from, rules), to: origin.to };
}

/** The window that is drawn from `anchor` to `at`; at least one step long. */
export function drawnFrom(anchor: number, at: number, rules: Rules): Span {
  const { stepMs } = rules;
  const least = Math.max(stepMs, rules.lengthMinMs);
  const a = between(snap(anchor, rules), rules.bounds);
  const b = between(snap(at, rules), rules.bounds);
  if (b >= a) return { from: a, to: a + lengthWithin(Math.max(b - a, least), rules) };
  return { from: a - lengthWithin(Math.max(a - b, least), rules), to: a };
}

/** What a key does to a window; `null` where it does nothing to it. */
export function keyed(
  span: Span,
  key: { key: string; shiftKey: boolean },
  rules: Rules,
): Span | null {
  const steps: Record<string, number> = {
    ArrowLeft: -rules.stepMs,
    ArrowRight: rules.stepMs,
    PageUp: -DAY,
    PageDown: DAY,
  };
  const by = steps[key.key];
  if (by === undefined) return null;
  return dragged(span, key.shiftKey ? "to" : "move", by, rules);
}

/** How wide the ends of a bar are that change its length, in pixels. */
const END_PIXELS = 10;

/** What a pointer at `x` of a bar `width` pixels wide holds. */
export function gripAt(x: number, width: number): Grip {
  const end = Math.min(END_PIXELS, width / 4);
  if (x < end) return "from";
  return x > width - end ? "to" : "move";
}
