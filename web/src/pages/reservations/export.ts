/** The list of reservations as a file: all that match, not only the page that is shown. */
import type { Reservation } from "../../api/types";
import { type Cell, toCsv } from "../../ui/csv";

/** Most reservations in a file. */
export const EXPORT_MAX = 5000;

const COLUMNS: readonly [string, (reservation: Reservation) => Cell][] = [
  ["template", ({ template }) => template],
  ["id", ({ id }) => id],
  ["type", ({ type }) => type],
  ["numInstancesFixed", ({ numInstancesFixed }) => numInstancesFixed],
  ["numInstancesOption", ({ numInstancesOption }) => numInstancesOption],
  ["startTime", ({ startTime }) => instant(startTime)],
  ["endTime", ({ endTime }) => instant(endTime)],
  ["status", ({ status }) => status],
  ["price", ({ price }) => price],
  ["paid", ({ paid }) => paid],
  ["userid", ({ userid }) => userid],
  ["series", ({ series }) => series],
  ["nodes", ({ placement }) => placement.map(({ node, count }) => `${node}: ${count}`).join("; ")],
  ["createdAt", ({ createdAt }) => createdAt],
  ["position", ({ position }) => position],
];

function instant(text: string | undefined): string {
  return text === undefined ? "" : new Date(text).toISOString().replace(".000Z", "Z");
}

/** With times in UTC (RFC 3339) and prices in credits. */
export function reservationsCsv(reservations: readonly Reservation[]): string {
  return toCsv(
    COLUMNS.map(([name]) => name),
    reservations.map((reservation) => COLUMNS.map(([, cell]) => cell(reservation))),
  );
}
