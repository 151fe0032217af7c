/** A service and a browser for all tests of a file; each file has its own. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";

import { launchBrowser } from "./browser";
import { Service } from "./service";

export let service: Service;
export let browser: Browser;

/** Starts both before the first test, the service with `args`, and ends them after the last. */
export function serve(args: string[] = []): void {
  beforeAll(async () => {
    [service, browser] = await Promise.all([Service.start(args), launchBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
  });
}
