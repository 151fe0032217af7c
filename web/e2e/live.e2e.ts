/** What changes on the server appears on an open page, also over a restart of the server. */
import { afterEach, beforeAll, expect, it } from "vitest";

import { Visitor } from "./harness/browser";
import { type Credentials } from "./harness/service";
import { browser, serve, service } from "./harness/site";

const HOUR = 3_600_000;
/** How soon a change is to be seen, in milliseconds. */
const SOON = { timeout: 2000, interval: 20 };
const PATIENCE = { timeout: 20_000, interval: 20 };

let visitor: Visitor;
let ann: Credentials;

serve();
beforeAll(async () => {
  ann = await service.register("ann");
});
afterEach(async () => {
  const { faults } = visitor;
  await visitor.close();
  expect(faults.filter((fault) => !/ERR_|Failed to load resource/.test(fault))).toEqual([]);
});

async function openLive(path: string) {
  visitor = await Visitor.open(browser, service);
  await visitor.logIn(ann);
  await visitor.page.goto(path);
  await visitor.page.getByRole("status").getByText("Live", { exact: true }).waitFor();
  // Marks this very document: a reload would lose it.
  await visitor.page.evaluate(() => Object.assign(window, { openpexSame: true }));
  return visitor.page;
}

const isSameDocument = () =>
  visitor.page.evaluate(
    () => (window as unknown as { openpexSame?: boolean }).openpexSame === true,
  );

it("shows what another client does within two seconds", async () => {
  const page = await openLive("/reservations");
  await page.getByText("No reservations yet").waitFor();
  const id = await service.reserve(ann, HOUR, { duration: 4 * HOUR, autoStart: false });
  const row = page.getByRole("row").filter({ hasText: id.slice(-8) });
  await expect.poll(() => row.getByText("CONFIRMED").count(), SOON).toBe(1);
  // Time passes: it can be activated now, which nobody had to ask again for.
  await service.advance(HOUR);
  await expect.poll(() => row.getByRole("button", { name: /^Activate/ }).count(), SOON).toBe(1);
  await service.ask(ann, "PUT", `/reservations/${id}/activate`);
  await expect.poll(() => row.getByText("ACTIVATED").count(), SOON).toBe(1);
  await page.getByRole("link", { name: "Instances", exact: true }).click();
  await expect.poll(() => page.getByText("RUNNING", { exact: true }).count(), SOON).toBe(1);
  const [instance] = await service.ask<{ id: string }[]>(ann, "GET", "/instances");
  await service.ask(ann, "PUT", `/instances/${instance?.id}/stop`);
  await expect.poll(() => page.getByText("HALTED", { exact: true }).count(), SOON).toBe(1);
  expect(await isSameDocument()).toBe(true);
});

it("says that it is not live while the service is down, and catches up when it is back", async () => {
  const page = await openLive("/reservations");
  const before = await page.getByRole("row").count();
  const status = page.getByRole("status").filter({ hasText: /^(Live|Connecting|Not live)$/ });
  const seen: string[] = [];
  const restarting = service.restart();
  await expect
    .poll(async () => {
      seen.push(await status.innerText());
      return seen.at(-1);
    }, PATIENCE)
    .not.toBe("Live");
  await restarting;
  // Before the page is back: it is told of this all the same.
  const id = await service.reserve(ann, 20 * HOUR);
  await expect.poll(() => status.innerText(), PATIENCE).toBe("Live");
  const row = page.getByRole("row").filter({ hasText: id.slice(-8) });
  await expect.poll(() => row.getByText("CONFIRMED").count(), SOON).toBe(1);
  expect(await page.getByRole("row").count()).toBe(before + 1);
  expect(await isSameDocument()).toBe(true);
});
