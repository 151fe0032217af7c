import "./lists.css";

import type { ReactNode } from "react";

import { type Column, DataTable } from "./DataTable";

interface Given<T> {
  /** What it is a table of. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
  /** What is said where there is no row. */
  empty: ReactNode;
  isOld?: boolean;
}

/** A table, or a sentence where it would have no row. */
export function TableOr<T>({ empty, ...table }: Given<T>) {
  return table.rows.length === 0 ? <p className="opx-subtle">{empty}</p> : <DataTable {...table} />;
}
