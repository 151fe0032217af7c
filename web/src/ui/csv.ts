/** A cell of a table that is written to a file. */
export type Cell = string | number | boolean | null | undefined;

/** A spreadsheet would run these as a formula, and names are whatever users have called things. */
const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^-?\d+(\.\d+)?$/;

function written(cell: Cell): string {
  const text = cell === null || cell === undefined ? "" : String(cell);
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows as comma-separated values (RFC 4180), the names of the columns first. */
export function toCsv(names: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [names, ...rows].map((row) => `${row.map(written).join(",")}\r\n`).join("");
}
