/** What a browser has to fetch before the first page is there. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { launchBrowser, Visitor } from "./harness/browser";
import { Service } from "./harness/service";

/** Bytes of script, as they come over the wire. */
const SCRIPT_BYTES_MAX = 200_000;

let service: Service;
let browser: Browser;
beforeAll(async () => {
  [service, browser] = await Promise.all([Service.start(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

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
