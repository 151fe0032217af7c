/** The list of instances as a file: all that match, not only the page that is shown. */
import type { Instance } from "../../api/types";
import { type Cell, toCsv } from "../../ui/csv";

/** Most instances in a file. */
export const EXPORT_MAX = 5000;

const instant = (text: string) => new Date(text).toISOString().replace(".000Z", "Z");

const COLUMNS: readonly [string, (instance: Instance) => Cell][] = [
  ["id", ({ id }) => id],
  ["name", ({ name }) => name],
  ["status", ({ status }) => status],
  ["wanted", ({ wanted }) => wanted],
  ["work", ({ work }) => work.state],
  ["startTime", ({ startTime }) => instant(startTime)],
  ["endTime", ({ endTime }) => instant(endTime)],
  ["node", ({ node }) => node],
  ["ipAddress", ({ ipAddress }) => ipAddress],
  ["type", ({ type }) => type],
  ["template", ({ template }) => template],
  ["reservation", ({ reservation }) => reservation],
  ["userid", ({ userid }) => userid],
  ["removed", ({ removed }) => removed],
  ["position", ({ position }) => position],
];

/** With times in UTC (RFC 3339). */
export function instancesCsv(instances: readonly Instance[]): string {
  return toCsv(
    COLUMNS.map(([name]) => name),
    instances.map((instance) => COLUMNS.map(([, cell]) => cell(instance))),
  );
}
