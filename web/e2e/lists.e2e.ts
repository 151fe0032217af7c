/** The lists of reservations and instances: filters, pages, several at once, files. */
import { readFile } from "node:fs/promises";

import type { Download, Page } from "playwright-core";
import { afterEach, beforeAll, expect, it } from "vitest";

import { Visitor } from "./harness/browser";
import { ADMIN, type Credentials } from "./harness/service";
import { browser, serve, service } from "./harness/site";

const HOUR = 3_600_000;
const PATIENCE = { timeout: 15_000 };

let visitor: Visitor;
let page: Page;
let ann: Credentials;

serve();
beforeAll(async () => {
  ann = await service.register("ann");
  // One hour after the other, so that all of them fit; the last is the newest.
  for (let hour = 1; hour <= 27; hour += 1) await service.reserve(ann, hour * HOUR);
  await service.reserve(ann, 40 * HOUR, { type: "LARGE" });
});
afterEach(async () => {
  const { faults } = visitor;
  await visitor.close();
  expect(faults).toEqual([]);
});

async function open(who: Credentials, path: string): Promise<void> {
  visitor = await Visitor.open(browser, service);
  page = visitor.page;
  await visitor.logIn(who);
  await page.goto(path);
  await page.getByRole("heading", { level: 1 }).waitFor();
}

/** Rows of the table without its head. */
const rows = (label: string) =>
  page
    .getByRole("table", { name: label })
    .getByRole("row")
    .filter({ has: page.locator("td") });

const shows = (label: string, count: number) =>
  expect.poll(() => rows(label).count(), PATIENCE).toBe(count);

const query = () => Object.fromEntries(new URL(page.url()).searchParams);

async function fileOf(name: string): Promise<{ download: Download; text: string }> {
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name }).click();
  const download = await coming;
  return { download, text: await readFile(await download.path(), "utf8") };
}

it("pages with the cursor in the address: back, forward, reload, and the first again", async () => {
  await open(ann, "/reservations");
  await shows("Reservations", 25);
  await page.getByRole("button", { name: "Next page" }).click();
  await shows("Reservations", 3);
  expect(query().cursor).toBeTruthy();
  await page.reload();
  await shows("Reservations", 3);
  await page.goBack();
  await shows("Reservations", 25);
  await page.goForward();
  await shows("Reservations", 3);
  await page.getByRole("button", { name: "First page" }).click();
  await shows("Reservations", 25);
  expect(query()).toEqual({});
});

it("filters by what the address says, and says it in the address", async () => {
  await open(ann, "/reservations");
  await page.getByLabel("Type", { exact: true }).selectOption("LARGE");
  await shows("Reservations", 1);
  expect(query()).toEqual({ type: "LARGE" });
  await page.goBack();
  await shows("Reservations", 25);
  await page.goForward();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await shows("Reservations", 25);
  // From a link: the controls say what the address says.
  await page.goto("/reservations?status=WITHDRAWN,CONFIRMED&type=LARGE");
  await shows("Reservations", 1);
  expect(await page.getByLabel("Type", { exact: true }).inputValue()).toBe("LARGE");
  await page.getByRole("button", { name: "Status" }).click();
  await page.getByRole("menuitem", { name: "CONFIRMED", exact: true }).click();
  await page.getByText("No reservation matches").waitFor();
  expect(query().status).toBe("WITHDRAWN");
  await page.keyboard.press("Escape");
  expect(await visitor.axe()).toEqual([]);
  await page.getByRole("button", { name: "Clear the filters" }).click();
  await shows("Reservations", 25);
  // Times are typed in the zone that is shown.
  await page.getByRole("button", { name: "UTC: UTC" }).click();
  await page.getByLabel(/Starts before/).fill("2026-10-05T10:30");
  await shows("Reservations", 2);
  expect(query().to).toBe("2026-10-05T10:30:00Z");
});

it("finds one by its id, for its owner and for who may see all", async () => {
  const bob = await service.register("bob");
  const id = await service.reserve(bob, 50 * HOUR);
  await open(ann, "/reservations");
  await page.getByLabel("Reservation id").fill(id);
  await page.keyboard.press("Enter");
  await page.getByText("No reservation matches").waitFor();
  await visitor.close();
  await open(ADMIN, "/reservations");
  await page.getByLabel("Reservation id").fill(id);
  await page.keyboard.press("Enter");
  await shows("Reservations", 1);
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.getByLabel("User (name or number)").fill("bob");
  await page.keyboard.press("Enter");
  await shows("Reservations", 1);
  await page.getByRole("cell", { name: "bob" }).waitFor();
  expect(await visitor.axe()).toEqual([]);
});

it("writes all pages of the filtered list to a file", async () => {
  await open(ann, "/reservations");
  await shows("Reservations", 25);
  const csv = await fileOf("Export CSV");
  expect(csv.download.suggestedFilename()).toBe("reservations.csv");
  const lines = csv.text.trimEnd().split("\r\n");
  expect(lines).toHaveLength(29);
  expect(lines[0]).toMatch(/^template,id,/);
  await page.getByText("The file has all 28 reservations that match.").waitFor();
  await page.getByLabel("Type", { exact: true }).selectOption("LARGE");
  await shows("Reservations", 1);
  const json = JSON.parse((await fileOf("Export JSON")).text) as { type: string }[];
  expect(json.map(({ type }) => type)).toEqual(["LARGE"]);
});

it("deletes several after it has said what is given back, and names those that failed", async () => {
  await open(ann, "/reservations");
  await shows("Reservations", 25);
  const [first, second] = await page.getByRole("checkbox", { name: /^Select [0-9a-f]{8}$/ }).all();
  const name = await second?.getAttribute("aria-label");
  const failing = name?.replace("Select ", "") ?? "";
  await page.route(`**/OpenPEX/reservations/*${failing}`, async (route) => {
    if (route.request().method() !== "DELETE") return route.continue();
    const problem = { status: 409, title: "Conflict", code: "busy", detail: "the moon is full" };
    await route.fulfill({ status: 409, contentType: "application/problem+json", json: problem });
  });
  await first?.check();
  await second?.check();
  await page.getByRole("button", { name: "Delete 2", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Delete 2 reservations?" });
  await dialog
    .getByText(/are given back/)
    .last()
    .waitFor();
  expect(await visitor.axe()).toEqual([]);
  // What is not confirmed is not done.
  await dialog.getByRole("button", { name: "Keep as it is" }).click();
  await page.getByRole("button", { name: "Delete 2", exact: true }).click();
  await dialog.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("1 deleted, 1 not").waitFor();
  await page.getByText(`${failing}: the moon is full`).waitFor();
  await page.unroute(`**/OpenPEX/reservations/*${failing}`);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText(`${failing} deleted`).waitFor();
  await expect.poll(() => page.getByText("CANCELLED", { exact: true }).count(), PATIENCE).toBe(2);
});

it("keeps what was asked for where the service refuses, and says why", async () => {
  await open(ann, "/reservations");
  await page.route("**/OpenPEX/reservations?*", (route) =>
    route.fulfill({
      status: 422,
      json: { status: 422, title: "Broken", code: "x", detail: "a fuse" },
    }),
  );
  await page.getByLabel("Type", { exact: true }).selectOption("LARGE");
  await page.getByText("a fuse").waitFor();
  await page.unroute("**/OpenPEX/reservations?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await shows("Reservations", 1);
});

it("lists instances, filters them, and asks things of several", async () => {
  const eve = await service.register("eve");
  const id = await service.reserve(eve, 200 * HOUR, { numInstancesFixed: 2, duration: 10 * HOUR });
  await service.advance(201 * HOUR);
  await service.ask(eve, "PUT", `/reservations/${id}/activate`);
  await open(eve, `/instances?reservation=${id}`);
  await shows("Instances", 2);
  await expect.poll(() => page.getByText("RUNNING", { exact: true }).count(), PATIENCE).toBe(2);
  await page.getByLabel("Select all on this page").check();
  await page.getByRole("button", { name: "Stop 2", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop", exact: true }).click();
  await expect.poll(() => page.getByText("HALTED", { exact: true }).count(), PATIENCE).toBe(2);
  await page.goto("/instances?status=RUNNING");
  await page.getByText("No instance matches").waitFor();
  await page.getByText("Stuck only", { exact: true }).click();
  await expect.poll(() => query().stuck).toBe("true");
  const csv = await fileOf("Export CSV");
  expect(csv.text).toMatch(/^id,name,status,/);
});

it("is accessible in both themes, on a phone too", async () => {
  for (const path of ["/reservations", "/instances?removed=true", "/"]) {
    await open(ann, path);
    await page.setViewportSize({ width: 360, height: 740 });
    for (const theme of ["light", "dark"] as const) {
      await visitor.theme(theme);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await expect.poll(() => page.getByText(/^Reading/).count(), PATIENCE).toBe(0);
      expect(await visitor.axe(), `${path} ${theme}`).toEqual([]);
      const overflow = () =>
        page.locator("main").evaluate((main) => main.scrollWidth - main.clientWidth);
      expect(await overflow(), path).toBeLessThanOrEqual(0);
    }
    if (path !== "/") {
      expect(visitor.faults).toEqual([]);
      await visitor.close();
    }
  }
});
