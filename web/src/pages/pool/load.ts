/** What nodes have to do, as it is shown. */
import type { Amounts, Booking, NodeAvailability } from "../../api/types";
import { type Area, type Bar, type Row, THOUSAND } from "../../timeline/model";

/** What a node has of: the API's member, its name, and its unit. */
export const DIMENSIONS = {
  vcpus: { member: "vcpus", name: "vCPUs", unit: "vCPUs" },
  memory: { member: "memoryMb", name: "Memory", unit: "MiB" },
  disk: { member: "diskGb", name: "Disk", unit: "GiB" },
} as const satisfies Record<string, { member: keyof Amounts; name: string; unit: string }>;
export type Dimension = keyof typeof DIMENSIONS;

export function dimensionOf(text: string | undefined): Dimension {
  return text === "memory" || text === "disk" ? text : "vcpus";
}

/** A part of a whole in percent, to a tenth; `null` of nothing. */
export function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part * 1000) / whole) / 10;
}

function thousandths(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part * THOUSAND) / whole);
}

/** The line of a node: how much of it is taken over time. */
export function rowOf(node: NodeAvailability, dimension: Dimension): Row {
  const { member, unit } = DIMENSIONS[dimension];
  const areas = node.steps.map((step): Area => {
    // What there was in this step; it may differ from what there is now.
    const whole = step.firm[member] + step.held[member] + step.free[member];
    return {
      from: Date.parse(step.from),
      to: Date.parse(step.to),
      firm: thousandths(step.firm[member], whole),
      held: thousandths(step.held[member], whole),
      words: `${step.free[member]} of ${whole} ${unit} free`,
    };
  });
  return {
    id: node.node,
    name: node.node,
    detail: `${node.capacity[member]} ${unit}${isInService(node.status) ? "" : `, ${statusInWords(node.status)}`}`,
    areas,
  };
}

/** The bar of what a reservation has of a node; each has an id of its own. */
export function barOf(booking: Booking & { offer?: number }): Bar {
  const { reservation, node, count, type, kind, startTime, endTime, offer } = booking;
  return {
    id: [reservation, node, kind, offer ?? "", startTime].join(" "),
    row: node,
    from: Date.parse(startTime),
    to: Date.parse(endTime),
    kind,
    label: `${count} × ${type}`,
    detail: `reservation ${reservation.slice(0, 8)} of user ${booking.userid}`,
  };
}

/** The reservation of a bar. */
export function reservationOf(bar: Bar): string {
  return bar.id.split(" ")[0] ?? "";
}

const STEPS_PER_NODE_MAX = 168;
/** As many as the API answers at once. */
const STEPS_MAX = 20_000;
const STEPS_MS = [
  15 * 60_000,
  3_600_000,
  3 * 3_600_000,
  6 * 3_600_000,
  86_400_000,
  7 * 86_400_000,
  28 * 86_400_000,
];

/** The shortest step, in milliseconds, in which `nodes` nodes can be shown for `ms`. */
export function stepFor(ms: number, nodes: number): number {
  const most = Math.min(STEPS_PER_NODE_MAX, Math.floor(STEPS_MAX / Math.max(1, nodes)));
  return STEPS_MS.find((step) => ms / step <= most) ?? Math.ceil(ms / Math.max(1, most));
}

export function isInService(status: string): boolean {
  return status === "IN_SERVICE";
}

/** Such as `in service`. */
export function statusInWords(status: string): string {
  return status.replaceAll("_", " ").toLowerCase();
}
