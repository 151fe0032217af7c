/** Where the clocks of a zone show round numbers. */
import {
  formatDay,
  formatMinute,
  formatShortDay,
  offsetAt,
  startOfDay,
  zoneName,
} from "../time/zone";
import { DAY, HOUR, MINUTE, type Span } from "./model";

/** How far apart ticks are; days and more are the calendar's, so not all equally long. */
export type Unit = number | "day" | "week" | "month" | "year";

/** An instant with what is written at it. */
export interface Tick {
  at: number;
  text: string;
}

/** How many pixels a tick's text needs. */
export const TICK_PIXELS = 64;
/** More than fit any screen; a view that would need more has none. */
const TICKS_MAX = 400;

const UNITS: [Unit, number][] = [
  [5 * MINUTE, 5 * MINUTE],
  [15 * MINUTE, 15 * MINUTE],
  [30 * MINUTE, 30 * MINUTE],
  [HOUR, HOUR],
  [3 * HOUR, 3 * HOUR],
  [6 * HOUR, 6 * HOUR],
  ["day", DAY],
  ["week", 7 * DAY],
  ["month", 30 * DAY],
  ["year", 365 * DAY],
];

/** The least unit whose texts have room. */
export function unitFor(view: Span, width: number): Unit {
  const room = (ms: number) => (ms * width) / (view.to - view.from) >= TICK_PIXELS;
  return UNITS.find(([, ms]) => room(ms))?.[0] ?? "year";
}

/** What is written above the ticks: the day above hours, the month above days. */
export function unitAbove(unit: Unit): Unit {
  if (typeof unit === "number") return "day";
  return unit === "day" || unit === "week" ? "month" : "year";
}

function modulo(n: number, by: number): number {
  return ((n % by) + by) % by;
}

/** The first instant after `at` at which the clocks show a multiple of `unit`. */
function nextOnClock(at: number, unit: number, zone: string): number {
  const rest = (instant: number) => modulo(instant + offsetAt(instant, zone), unit);
  let next = at + unit - rest(at);
  // The clocks may have been changed on the way: go back or on to where they show it.
  for (let tries = 0; tries < 4; tries += 1) {
    const over = rest(next);
    if (over === 0) return next;
    const back = next - over;
    next = back > at && rest(back) === 0 ? back : next + unit - over;
  }
  return next;
}

function nextDay(at: number, zone: string): number {
  const midnight = startOfDay(at, zone);
  // A day has at least 23 and at most 25 hours, in some years and places 24.5.
  const next = startOfDay(midnight + 26 * HOUR, zone);
  return next > at ? next : startOfDay(at + 26 * HOUR, zone);
}

function isBeginning(at: number, unit: Unit, zone: string): boolean {
  const local = new Date(at + offsetAt(at, zone));
  if (unit === "week") return local.getUTCDay() === 1;
  if (unit === "month") return local.getUTCDate() === 1;
  if (unit === "year") return local.getUTCDate() === 1 && local.getUTCMonth() === 0;
  return true;
}

function nextOf(at: number, unit: Unit, zone: string): number {
  if (typeof unit === "number") return nextOnClock(at, unit, zone);
  let day = nextDay(at, zone);
  while (!isBeginning(day, unit, zone)) day = nextDay(day, zone);
  return day;
}

/** Every instant inside the view at which the clocks of `zone` show a multiple of `unit`. */
export function instantsOf(view: Span, unit: Unit, zone: string): number[] {
  const found: number[] = [];
  let at = nextOf(view.from - 1, unit, zone);
  while (at < view.to && found.length < TICKS_MAX) {
    found.push(at);
    at = nextOf(at, unit, zone);
  }
  return found;
}

function textOf(at: number, unit: Unit, zone: string): string {
  if (typeof unit === "number") return formatMinute(at, zone);
  const local = new Date(at + offsetAt(at, zone));
  if (unit === "year") return String(local.getUTCFullYear());
  if (unit === "month") return formatShortDay(at, zone).split(" ")[1] ?? "";
  return formatShortDay(at, zone);
}

function textAbove(at: number, unit: Unit, zone: string): string {
  if (unit === "day") return `${formatDay(at, zone)}, ${zoneName(at, zone)}`;
  const [, , month, year] = formatDay(at, zone).split(" ");
  return unit === "month" ? `${month} ${year}` : (year ?? "");
}

/** The ticks of a view, and above them the days, months or years they are in. */
export function axisOf(view: Span, width: number, zone: string): { ticks: Tick[]; above: Tick[] } {
  const unit = unitFor(view, width);
  const over = unitAbove(unit);
  const ticks = instantsOf(view, unit, zone).map((at) => ({ at, text: textOf(at, unit, zone) }));
  const above = instantsOf(view, over, zone).map((at) => ({ at, text: textAbove(at, over, zone) }));
  const room = (view.to - view.from) / Math.max(1, width);
  const first = above[0]?.at ?? view.to;
  // What the view begins in is written at its edge, where that leaves room for what comes next.
  if (first - view.from > 160 * room) {
    above.unshift({ at: view.from, text: textAbove(view.from, over, zone) });
  }
  const roomy = above.filter((tick, i) => {
    const next = above[i + 1];
    return next === undefined || next.at - tick.at > 90 * room;
  });
  return { ticks, above: roomy };
}
