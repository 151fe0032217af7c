/** What a plot shows. Instants are milliseconds. */

/** By what it is told from its neighbours: by colour, and by its line for who sees no colours. */
export type Look = "main" | "second" | "good" | "bad" | "bound" | "quiet";

export interface PlotSeries {
  name: string;
  look: Look;
  /** One a time; `null` where nothing is known. */
  values: readonly (number | null)[];
  /** Whether the space under it is filled. */
  isFilled?: boolean;
}

export interface PlotShown {
  /** In order. For steps, one more than values: the end of the last. */
  times: readonly number[];
  series: readonly PlotSeries[];
  /** Whether a value holds from its time to the next, or is of its time alone. */
  kind: "steps" | "points";
  /** What the values are, such as `vCPUs`. */
  unit: string;
}

interface Style {
  /** A colour of PatternFly, which follows the theme. */
  token: string;
  dash: number[];
  width: number;
}

export const STYLES: Record<Look, Style> = {
  main: { token: "--pf-t--global--icon--color--brand--default", dash: [], width: 2 },
  second: { token: "--pf-t--global--icon--color--status--custom--default", dash: [8, 4], width: 2 },
  good: { token: "--pf-t--global--icon--color--status--success--default", dash: [], width: 2 },
  bad: { token: "--pf-t--global--icon--color--status--danger--default", dash: [3, 3], width: 2 },
  bound: { token: "--pf-t--global--text--color--regular", dash: [2, 4], width: 1.5 },
  quiet: { token: "--pf-t--global--text--color--subtle", dash: [10, 4, 2, 4], width: 1.5 },
};

/** A value as it is read: as many digits as tell something, thousands apart. */
export function formatValue(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 1 ? 2 : 4;
  return value.toLocaleString("en-GB", { maximumFractionDigits: digits }).replaceAll(",", "\u202f");
}
