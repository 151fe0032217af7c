/** Utilisation as it is drawn, said and written to files. */
import type { BookedUsed, Utilisation, UtilisationStep } from "../../api/types";
import type { PlotShown } from "../../plots/model";
import type { Cell } from "../../ui/csv";

/** What a node has of: the API's member, its name, and the unit of its average. */
export const DIMENSIONS = {
  vcpus: { member: "vcpuMs", name: "vCPUs", unit: "vCPUs" },
  memory: { member: "memoryMbMs", name: "Memory", unit: "MiB" },
  disk: { member: "diskGbMs", name: "Disk", unit: "GiB" },
} as const;
export type Dimension = keyof typeof DIMENSIONS;

export function dimensionOf(text: string | undefined): Dimension {
  return text === "memory" || text === "disk" ? text : "vcpus";
}

/** One step: averages over it; `used` is `null` where it lies ahead. */
export interface AverageStep {
  from: number;
  to: number;
  booked: number;
  used: number | null;
  capacity: number;
}

/** The averages over each step. */
export function averagesOf(
  steps: readonly UtilisationStep[],
  usedUntil: number,
  dimension: Dimension,
): AverageStep[] {
  return steps.map((step) => {
    const [from, to] = [Date.parse(step.from), Date.parse(step.to)];
    const amounts: BookedUsed = step[DIMENSIONS[dimension].member];
    // Of the step that runs, what is known is of its part up to now.
    const known = Math.min(to, usedUntil) - from;
    return {
      from,
      to,
      booked: Number(amounts.booked) / (to - from),
      used: known > 0 ? Number(amounts.used) / known : null,
      capacity: Number(amounts.capacity) / (to - from),
    };
  });
}

export function plotOf(steps: readonly AverageStep[], unit: string): PlotShown {
  const end = steps.at(-1)?.to;
  return {
    kind: "steps",
    unit,
    times: [...steps.map(({ from }) => from), ...(end === undefined ? [] : [end])],
    series: [
      { name: "Booked", look: "main", isFilled: true, values: steps.map(({ booked }) => booked) },
      { name: "Used", look: "second", values: steps.map(({ used }) => used) },
      { name: "Capacity", look: "bound", values: steps.map(({ capacity }) => capacity) },
    ],
  };
}

/** A part of a whole in percent, to a tenth; `null` of nothing. */
export function percent(part: bigint, whole: bigint): number | null {
  return whole === 0n ? null : Number((part * 1000n) / whole) / 10;
}

export interface Share {
  booked: number | null;
  used: number | null;
}

/** What was booked and used of the whole range, in percent of what the nodes had. */
export function shareOf(steps: readonly UtilisationStep[], dimension: Dimension): Share {
  const sum = (member: keyof BookedUsed) =>
    steps.reduce((all, step) => all + BigInt(step[DIMENSIONS[dimension].member][member]), 0n);
  const capacity = sum("capacity");
  return { booked: percent(sum("booked"), capacity), used: percent(sum("used"), capacity) };
}

export function inPercent(share: number | null): string {
  return share === null ? "nothing" : `${share.toFixed(1)} %`;
}

/** Every number of the answer, a line a step. */
export function utilisationRows({ series }: Utilisation): Cell[][] {
  return series.flatMap(({ node, steps }) =>
    steps.map((step) => [
      node ?? "",
      step.from,
      step.to,
      ...Object.values(DIMENSIONS).flatMap(({ member }) => {
        const { booked, used, capacity } = step[member];
        return [booked, used, capacity];
      }),
    ]),
  );
}

export const UTILISATION_COLUMNS = [
  "node",
  "from",
  "to",
  ...Object.values(DIMENSIONS).flatMap(({ member }) =>
    ["Booked", "Used", "Capacity"].map((of) => member + of),
  ),
];
