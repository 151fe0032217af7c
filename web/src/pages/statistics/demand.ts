/** Demand as it is drawn, said and written to files. */
import type { Demand, DemandStep, Tally } from "../../api/types";
import type { PlotShown } from "../../plots/model";
import type { Cell } from "../../ui/csv";

/** What demand is counted in. */
export const MEASURES = {
  proposals: "Proposals",
  instances: "Instances",
  "vcpu-hours": "vCPU-hours",
} as const;
export type Measure = keyof typeof MEASURES;

/** What is counted, within a sentence. */
export function unitOf(measure: Measure): string {
  return MEASURES[measure].replace(/^[A-Z]/, (first) => first.toLowerCase());
}

export function measureOf(text: string | undefined): Measure {
  return text === "instances" || text === "vcpu-hours" ? text : "proposals";
}

const MS_PER_HOUR = 3_600_000n;

/** How much a tally is by one measure. */
export function amountOf(tally: Tally, measure: Measure): number {
  if (measure === "proposals") return tally.count;
  if (measure === "instances") return tally.instances;
  const ms = BigInt(tally.vcpuMs);
  return Number(ms / MS_PER_HOUR) + Number(ms % MS_PER_HOUR) / Number(MS_PER_HOUR);
}

/** The ways in which a proposal is answered, and what came of it. */
export const ANSWERS = [
  ["asked", "Asked"],
  ["accepted", "Granted as asked"],
  ["countered", "Countered"],
  ["rejected", "Refused"],
  ["confirmed", "Confirmed"],
] as const;
export type AnswerName = (typeof ANSWERS)[number][0];

const LOOKS = {
  asked: "main",
  accepted: "good",
  countered: "second",
  rejected: "bad",
  confirmed: "quiet",
} as const;

export function demandPlot(steps: readonly DemandStep[], measure: Measure): PlotShown {
  const end = steps.at(-1)?.to;
  return {
    kind: "steps",
    unit: unitOf(measure),
    times: [...steps, ...(end === undefined ? [] : [{ from: end }])].map(({ from }) =>
      Date.parse(from),
    ),
    series: ANSWERS.map(([answer, name]) => ({
      name,
      look: LOOKS[answer],
      isFilled: answer === "asked",
      values: steps.map((step) => amountOf(step[answer], measure)),
    })),
  };
}

/** Over the whole range. */
export function demandTotals(
  steps: readonly DemandStep[],
  measure: Measure,
): Record<AnswerName, number> {
  const total = (answer: AnswerName) =>
    steps.reduce((sum, step) => sum + amountOf(step[answer], measure), 0);
  return {
    asked: total("asked"),
    accepted: total("accepted"),
    countered: total("countered"),
    rejected: total("rejected"),
    confirmed: total("confirmed"),
  };
}

export interface ReasonCount {
  code: string;
  countered: number;
  rejected: number;
}

/** How often each reason stood behind an answer, the most frequent first. */
export function reasonsOf(steps: readonly DemandStep[]): ReasonCount[] {
  const found = new Map<string, ReasonCount>();
  for (const step of steps) {
    for (const answer of ["countered", "rejected"] as const) {
      for (const [code, count] of Object.entries(step[answer].reasons)) {
        const known = found.get(code) ?? { code, countered: 0, rejected: 0 };
        known[answer] += count;
        found.set(code, known);
      }
    }
  }
  const all = (reason: ReasonCount) => reason.countered + reason.rejected;
  return [...found.values()].sort((a, b) => all(b) - all(a) || a.code.localeCompare(b.code));
}

const REASONS: Record<string, string> = {
  never_fits: "Larger than the site",
  capacity_short: "Not enough free capacity",
  price_short: "Offered less than the price",
  no_start_fits: "No start fits within the bounds",
  price_overflow: "Too large to be priced",
};

/** A reason in words; its code where it is new to the portal. */
export function reasonInWords(code: string): string {
  return REASONS[code] ?? code.replaceAll("_", " ");
}

export function demandRows({ steps }: Demand): Cell[][] {
  const codes = reasonsOf(steps).map(({ code }) => code);
  return steps.map((step) => [
    step.from,
    step.to,
    ...ANSWERS.flatMap(([answer]) => {
      const { count, instances, vcpuMs } = step[answer];
      return [count, instances, vcpuMs];
    }),
    ...codes.flatMap((code) => [
      step.countered.reasons[code] ?? 0,
      step.rejected.reasons[code] ?? 0,
    ]),
  ]);
}

export function demandColumns({ steps }: Demand): string[] {
  return [
    "from",
    "to",
    ...ANSWERS.flatMap(([answer]) => ["Count", "Instances", "VcpuMs"].map((of) => answer + of)),
    ...reasonsOf(steps).flatMap(({ code }) => [`countered:${code}`, `rejected:${code}`]),
  ];
}
