/** What a time line shows. Instants and lengths are integer milliseconds. */

/** A half-open span of time. */
export interface Span {
  from: number;
  to: number;
}

/** `firm` is taken for sure, `held` by an offer, `own` is the reader's, `ghost` not there yet. */
export type BarKind = "firm" | "held" | "own" | "ghost";

/** Something that takes its time in a row; shown as a button. */
export interface Bar extends Span {
  id: string;
  /** The row that it is in. */
  row: string;
  kind: BarKind;
  /** What is written on it. */
  label: string;
  /** What is said of it beside its label and its time. */
  detail?: string;
  /** Whether it can be dragged, and moved by arrow keys; `onMove` is told. */
  isMovable?: boolean;
}

/** How much of a row is taken for a while, in thousandths; what is left is free. */
export interface Area extends Span {
  firm: number;
  held: number;
  /** The same in words, such as `12 of 40 vCPUs free`. */
  words?: string;
}

/** A line of its own: a node, all nodes together, an offer. */
export interface Row {
  id: string;
  name: string;
  /** A second, smaller line under the name. */
  detail?: string;
  /** In order of time, not overlapping. */
  areas?: readonly Area[];
  /** As high as so many bars under each other at least; 1 where left out. */
  lanesMin?: number;
  /** Kept above the rows that scroll. */
  isPinned?: boolean;
}

/** The whole of a part or none. */
export const THOUSAND = 1000;

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The names of the kinds, for legends and tables. */
export const KIND_WORDS: Record<BarKind, string> = {
  firm: "taken",
  held: "held by an offer",
  own: "yours",
  ghost: "proposed",
};
