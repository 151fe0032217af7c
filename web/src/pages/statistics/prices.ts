/** Prices as they are drawn, said and written to files. */
import type { Agreed, PriceStep, Prices } from "../../api/types";
import type { PlotShown } from "../../plots/model";
import type { Cell } from "../../ui/csv";

const MS_PER_HOUR = 3_600_000;
const NOTHING: Agreed = {
  count: 0,
  vcpuMs: "0",
  listPrice: "0",
  agreedPrice: "0",
  perVcpuHour: null,
};

/** What was agreed on in a step, for all types or one. */
export function agreedIn(step: PriceStep, type: string | undefined): Agreed {
  return type === undefined ? step.agreements : (step.byType[type] ?? NOTHING);
}

/** The types of which anything was agreed on. */
export function typesIn({ steps }: Prices): string[] {
  return [...new Set(steps.flatMap((step) => Object.keys(step.byType)))].sort();
}

/** What a vCPU-hour was by the price list; `null` where nothing was agreed on. To be drawn, not paid. */
export function listPerVcpuHour({ vcpuMs, listPrice }: Agreed): number | null {
  const hours = Number(vcpuMs) / MS_PER_HOUR;
  return hours === 0 ? null : Number(listPrice) / hours;
}

export function pricesPlot(steps: readonly PriceStep[], type: string | undefined): PlotShown {
  const agreed = steps.map((step) => agreedIn(step, type));
  const line = (of: "min" | "median" | "max") =>
    agreed.map(({ perVcpuHour }) => (perVcpuHour === null ? null : Number(perVcpuHour[of])));
  return {
    kind: "points",
    unit: "credits a vCPU-hour",
    // What is of a step as a whole stands in its middle.
    times: steps.map(({ from, to }) => (Date.parse(from) + Date.parse(to)) / 2),
    series: [
      { name: "Highest", look: "bad", values: line("max") },
      { name: "Median", look: "main", values: line("median") },
      { name: "Lowest", look: "good", values: line("min") },
      { name: "By the price list", look: "bound", values: agreed.map(listPerVcpuHour) },
    ],
  };
}

const MICROS = 6;

/** An amount of credits in millionths, exactly. */
export function micros(amount: string): bigint {
  const [, sign, whole = "0", part = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount) ?? [];
  const found = BigInt(whole + part.padEnd(MICROS, "0").slice(0, MICROS));
  return sign === "-" ? -found : found;
}

/** Millionths as an amount of credits. */
export function credits(micros: bigint): string {
  const size = micros < 0n ? -micros : micros;
  const digits = size.toString().padStart(MICROS + 1, "0");
  const [whole, part] = [digits.slice(0, -MICROS), digits.slice(-MICROS).replace(/0+$/, "")];
  return `${micros < 0n ? "-" : ""}${whole}${part === "" ? "" : `.${part}`}`;
}

export interface PriceTotals {
  count: number;
  listPrice: string;
  agreedPrice: string;
  /** How much less was agreed on than listed, in percent; `null` of nothing. */
  discount: number | null;
}

/** Over the whole range. */
export function priceTotals(steps: readonly PriceStep[], type: string | undefined): PriceTotals {
  const agreed = steps.map((step) => agreedIn(step, type));
  const sum = (of: "listPrice" | "agreedPrice") =>
    agreed.reduce((all, one) => all + micros(one[of]), 0n);
  const [list, paid] = [sum("listPrice"), sum("agreedPrice")];
  return {
    count: agreed.reduce((all, { count }) => all + count, 0),
    listPrice: credits(list),
    agreedPrice: credits(paid),
    discount: list === 0n ? null : Number(((list - paid) * 1000n) / list) / 10,
  };
}

export const PRICE_COLUMNS = [
  "from",
  "to",
  "type",
  "count",
  "vcpuMs",
  "listPrice",
  "agreedPrice",
  "perVcpuHourMin",
  "perVcpuHourMedian",
  "perVcpuHourMean",
  "perVcpuHourMax",
  "changesCount",
  "changesCredits",
];

/** A line for all of a step, whose type is empty, and one for each of its types. */
export function priceRows({ steps }: Prices): Cell[][] {
  return steps.flatMap(({ from, to, agreements, byType, changes }) => {
    const row = (type: string, agreed: Agreed, rest: Cell[]): Cell[] => {
      const prices = agreed.perVcpuHour;
      return [
        from,
        to,
        type,
        agreed.count,
        agreed.vcpuMs,
        agreed.listPrice,
        agreed.agreedPrice,
        prices?.min,
        prices?.median,
        prices?.mean,
        prices?.max,
        ...rest,
      ];
    };
    const types = Object.entries(byType).map(([type, agreed]) => row(type, agreed, ["", ""]));
    return [row("", agreements, [changes.count, changes.credits]), ...types];
  });
}
