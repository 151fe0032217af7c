import type { Range } from "./range";

/** A range as the API is asked. */
export function queryOf({ from, to, step }: Range) {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), step };
}
