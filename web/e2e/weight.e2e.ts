/** What a browser has to fetch before the first page is there. */
import { expect, it } from "vitest";

import { Visitor } from "./harness/browser";
import { browser, serve, service } from "./harness/site";

/** Bytes of script, as they come over the wire. */
const SCRIPT_BYTES_MAX = 200_000;

serve();

it("is little script", async () => {
  const visitor = await Visitor.open(browser, service);
  await visitor.page.goto("/login");
  await visitor.page.getByRole("heading", { level: 1 }).waitFor();
  const bytes = await visitor.page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter(({ name }) => name.endsWith(".js"))
      .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0),
  );
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(SCRIPT_BYTES_MAX);
  expect(visitor.faults).toEqual([]);
  await visitor.close();
});
