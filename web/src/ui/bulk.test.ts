import { expect, it } from "vitest";

import { runEach } from "./bulk";

it("goes on after one that fails, and tells each result", async () => {
  const intents: string[] = [];
  const verb = {
    name: "delete",
    past: "deleted",
    run: async (row: number, intent: string) => {
      intents.push(intent);
      if (row === 2) throw new Error("no");
    },
  };
  const told: number[] = [];
  const report = await runEach(
    verb,
    [1, 2, 3],
    (row) => `i${row}`,
    (done) => told.push(done),
  );
  expect(report.done).toEqual([1, 3]);
  expect(report.failed).toEqual([{ row: 2, error: new Error("no") }]);
  expect([intents, told]).toEqual([
    ["i1", "i2", "i3"],
    [1, 2, 3],
  ]);
});
