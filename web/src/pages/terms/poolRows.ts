/** The pool as rows and bars of a time line. */
import type { Resources, AvailabilityStep, Booking } from "../../api/types";
import { type Area, type Bar, DAY, HOUR, MINUTE, type Span, THOUSAND } from "../../timeline/model";

const STEPS = [
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
];
/** A view is asked for in so many steps, and a little around it. */
const STEPS_A_VIEW = 96;
/** Fewer by node, since each has its own. */
const STEPS_A_NODE = 32;

/** What to ask for so that the view is covered, and nearby views by the same answer. */
export interface Range extends Span {
  step: number;
}

/** The range around a view; nothing before `now` is asked, since what was free is no offer. */
export function rangeOf(view: Span, byNode: boolean, now: number): Range | null {
  const steps = byNode ? STEPS_A_NODE : STEPS_A_VIEW;
  const exact = (view.to - view.from) / steps;
  const step = STEPS.find((ms) => ms >= exact) ?? 7 * DAY;
  const grid = (step * steps) / 4;
  const from = Math.floor(view.from / grid) * grid - grid;
  const to = Math.ceil(view.to / grid) * grid + grid;
  return to <= now ? null : { from, to, step };
}

/** What is taken of the scarcest of three, in thousandths. */
function part(taken: Resources, capacity: Resources): number {
  const of = (taken: number, all: number) =>
    all === 0 ? THOUSAND : Math.round((taken * THOUSAND) / all);
  return Math.max(
    of(taken.vcpus, capacity.vcpus),
    of(taken.memoryMb, capacity.memoryMb),
    of(taken.diskGb, capacity.diskGb),
  );
}

function plus(a: Resources, b: Resources): Resources {
  return {
    vcpus: a.vcpus + b.vcpus,
    memoryMb: a.memoryMb + b.memoryMb,
    diskGb: a.diskGb + b.diskGb,
  };
}

/** Steps as areas; of a `type`, how many fit is said too. Equal neighbours become one. */
export function areasOf(
  steps: readonly (Omit<AvailabilityStep, "instances"> & Partial<AvailabilityStep>)[],
  capacity: Resources,
  type?: string,
): Area[] {
  const areas: Area[] = [];
  for (const { from, to, firm, held, free, instances } of steps) {
    const firmPart = part(firm, capacity);
    const fits = type === undefined ? undefined : instances?.[type];
    const words =
      `${free.vcpus} of ${capacity.vcpus} vCPUs free` +
      (fits === undefined ? "" : `, ${fits} ${type} fit`);
    const area = {
      from: Date.parse(from),
      to: Date.parse(to),
      firm: firmPart,
      held: Math.max(0, part(plus(firm, held), capacity) - firmPart),
      words,
    };
    const last = areas[areas.length - 1];
    const same = last?.firm === area.firm && last.held === area.held && last.words === words;
    if (same && last.to === area.from) last.to = area.to;
    else areas.push(area);
  }
  return areas;
}

/** The row of all nodes together. */
export const ALL = "all";
const BOOKING = "booking ";

/** The reservation that a bar of bookings is of, if it is one. */
export function reservationOf(bar: Bar): string | null {
  return bar.id.startsWith(BOOKING) ? (bar.id.slice(BOOKING.length).split(" ")[0] ?? null) : null;
}

/** Bookings as bars: by node those of everybody, summed one's own, each reservation once. */
export function barsOf(
  bookings: readonly Booking[],
  byNode: boolean,
  userid: number | undefined,
  except?: string,
): Bar[] {
  const bars = new Map<string, Bar>();
  for (const booking of bookings) {
    const { reservation, node, count, type, kind, status } = booking;
    const isOwn = booking.userid === userid;
    if (reservation === except || (!byNode && !isOwn)) continue;
    const id = `${BOOKING}${reservation}${byNode ? ` ${node}` : ""} ${booking.startTime}`;
    const known = bars.get(id);
    const all = count + (known === undefined ? 0 : Number.parseInt(known.label, 10));
    bars.set(id, {
      id,
      row: byNode ? node : ALL,
      from: Date.parse(booking.startTime),
      to: Date.parse(booking.endTime),
      kind: isOwn && kind === "firm" ? "own" : kind,
      label: `${all} ${type}`,
      detail: status.toLowerCase().replace("_", " "),
    });
  }
  return [...bars.values()];
}
