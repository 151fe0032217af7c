/** What nodes have to do, as it is shown. */
import type { UtilisationStep } from "../../api/types";
import type { Booking, Node, NodeAvailability } from "../../api/types";
import { type Area, type Bar, type Row, THOUSAND } from "../../timeline/model";

/** What a node has of: the API's members for amounts and sums over time, its name, and its unit. */
export const DIMENSIONS = {
  vcpus: { member: "vcpus", sum: "vcpuMs", name: "vCPUs", unit: "vCPUs" },
  memory: { member: "memoryMb", sum: "memoryMbMs", name: "Memory", unit: "MiB" },
  disk: { member: "diskGb", sum: "diskGbMs", name: "Disk", unit: "GiB" },
} as const;
export type Dimension = keyof typeof DIMENSIONS;

export function dimensionOf(text: string | undefined): Dimension {
  return text === "memory" || text === "disk" ? text : "vcpus";
}

function thousandths(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part * THOUSAND) / whole);
}

/** How much of a node is taken over what lies ahead. */
export function areasAhead(steps: NodeAvailability["steps"], dimension: Dimension): Area[] {
  const { member, unit } = DIMENSIONS[dimension];
  return steps.map((step) => {
    // What there is in this step; it may differ from what there is now.
    const whole = step.firm[member] + step.held[member] + step.free[member];
    return {
      from: Date.parse(step.from),
      to: Date.parse(step.to),
      firm: thousandths(step.firm[member], whole),
      held: thousandths(step.held[member], whole),
      words: `${step.free[member]} of ${whole} ${unit} free`,
    };
  });
}

/** How much of a node was taken on average over what is past, up to where what lies ahead begins. */
export function areasPast(
  steps: readonly UtilisationStep[],
  dimension: Dimension,
  until: number,
): Area[] {
  const { sum, unit } = DIMENSIONS[dimension];
  return steps.flatMap((step) => {
    const [from, to] = [Date.parse(step.from), Math.min(Date.parse(step.to), until)];
    const [booked, capacity] = [Number(step[sum].booked), Number(step[sum].capacity)];
    const firm = thousandths(booked, capacity);
    const words = `${Math.round(firm / 10)} % of the ${unit} booked`;
    return from < to ? [{ from, to, firm, held: 0, words }] : [];
  });
}

/** The line of a node. */
export function rowOf(node: Node, areas: readonly Area[], dimension: Dimension): Row {
  const { member, unit } = DIMENSIONS[dimension];
  const status = isInService(node.status) ? "" : `, ${statusInWords(node.status)}`;
  return {
    id: node.name,
    name: node.name,
    detail: `${node.capacity[member]} ${unit}${status}`,
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
