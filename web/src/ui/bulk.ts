import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";

import { newIntent } from "../api/client";

/** Something that is done to one or several rows. */
export interface Verb<T> {
  /** Such as `delete` and `deleted`. */
  name: string;
  past: string;
  run: (row: T, intent: string) => Promise<unknown>;
}

/** What came of it. */
export interface BulkReport<T> {
  verb: Verb<T>;
  done: T[];
  failed: { row: T; error: unknown }[];
}

export interface Bulk<T> {
  /** How far it is, while it is being done. */
  progress: { verb: string; done: number; of: number } | null;
  report: BulkReport<T> | null;
  run: (verb: Verb<T>, rows: readonly T[]) => Promise<void>;
  dismiss: () => void;
}

/** Does `verb` to each row, one after the other: one that fails stops none that follow. */
export async function runEach<T>(
  verb: Verb<T>,
  rows: readonly T[],
  intentOf: (row: T) => string,
  told: (done: number) => void = () => undefined,
): Promise<BulkReport<T>> {
  const report: BulkReport<T> = { verb, done: [], failed: [] };
  for (const [index, row] of rows.entries()) {
    try {
      await verb.run(row, intentOf(row));
      report.done.push(row);
    } catch (error) {
      report.failed.push({ row, error });
    }
    told(index + 1);
  }
  return report;
}

/** Does things to rows of a list, and keeps what came of the last. */
export function useBulk<T>(list: string, keyOf: (row: T) => string): Bulk<T> {
  const client = useQueryClient();
  const [progress, setProgress] = useState<Bulk<T>["progress"]>(null);
  const [report, setReport] = useState<BulkReport<T> | null>(null);
  // One intent for each thing wanted of each row, kept until it is known to have come about.
  const intents = useRef(new Map<string, string>());
  const run = useCallback(
    async (verb: Verb<T>, rows: readonly T[]) => {
      const keyFor = (row: T) => `${verb.name} ${keyOf(row)}`;
      const intentOf = (row: T) => {
        const intent = intents.current.get(keyFor(row)) ?? newIntent();
        intents.current.set(keyFor(row), intent);
        return intent;
      };
      const tell = (done: number) => setProgress({ verb: verb.name, done, of: rows.length });
      setReport(null);
      tell(0);
      const report = await runEach(verb, rows, intentOf, tell);
      for (const row of report.done) intents.current.delete(keyFor(row));
      setProgress(null);
      setReport(report);
      void client.invalidateQueries({ queryKey: [list] });
    },
    [client, list, keyOf],
  );
  const dismiss = useCallback(() => setReport(null), []);
  return { progress, report, run, dismiss };
}
