/** Utilisation, demand and prices: drawn, in words, as tables and as files. */
import { readFile } from "node:fs/promises";

import type { Page } from "playwright-core";
import { afterEach, beforeAll, expect, it } from "vitest";

import { Visitor } from "./harness/browser";
import { ADMIN } from "./harness/service";
import { browser, serve, service } from "./harness/site";

const HOUR = 3_600_000;

let visitor: Visitor;

serve(["--sim-hosts", "2"]);
beforeAll(async () => {
  const user = await service.register("stan");
  const id = await service.reserve(user, HOUR, {
    type: "XLARGE",
    numInstancesFixed: 4,
    duration: 4 * HOUR,
  });
  await service.advance(HOUR + 60_000);
  await service.ask(user, "PUT", `/reservations/${id}/activate`);
  // More than the site ever has.
  const greedy = await service.proposal(HOUR, { type: "XLARGE", numInstancesFixed: 20 });
  await service.ask(user, "POST", "/reservations", greedy);
  await service.advance(2 * HOUR);
});
afterEach(async () => {
  const { faults } = visitor;
  await visitor.close();
  expect(faults).toEqual([]);
});

async function open(path: string): Promise<Page> {
  visitor = await Visitor.open(browser, service);
  await visitor.logIn(ADMIN);
  await visitor.page.goto(path);
  return visitor.page;
}

const figure = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

/** How many points of a drawing are not of its background. */
function inkOf(page: Page, name: string): Promise<number> {
  return figure(page, name)
    .locator("canvas")
    .evaluate((canvas: HTMLCanvasElement) => {
      const data =
        canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      let ink = 0;
      for (let i = 3; i < data.length; i += 4) if ((data[i] ?? 0) > 0) ink += 1;
      return ink;
    });
}

it("says in words what it draws, and draws it", async () => {
  const page = await open("/statistics?range=last-day");
  await figure(page, "Utilisation")
    .getByText(/vCPUs of all nodes: [\d.]+ % booked/)
    .waitFor();
  await figure(page, "Demand").getByText("2 proposals asked, 1 granted as asked").waitFor();
  await figure(page, "Demand").getByText("Larger than the site").waitFor();
  await figure(page, "Prices agreed on")
    .getByText(/1 new reservations? for/)
    .waitFor();
  for (const name of ["Utilisation", "Demand", "Prices agreed on"]) {
    await figure(page, name).locator("canvas").waitFor();
    await expect.poll(() => inkOf(page, name)).toBeGreaterThan(500);
    // Who does not see it is told the same.
    const words = await figure(page, name).getByRole("img").getAttribute("aria-label");
    expect(words).toBe(await figure(page, name).getByRole("status").innerText());
  }
});

it("keeps what is looked at in the address", async () => {
  const page = await open("/statistics");
  await page.getByLabel("Range").selectOption("Last day");
  await page.getByLabel("Step").selectOption("15 minutes");
  await page.getByLabel("Of", { exact: true }).selectOption("Disk");
  await page.getByLabel("Counted in").selectOption("vCPU-hours");
  await figure(page, "Utilisation")
    .getByText(/^Disk of all nodes/)
    .first()
    .waitFor();
  await figure(page, "Demand")
    .getByText(/vCPU-hours asked/)
    .first()
    .waitFor();
  const link = page.url();
  await page.goto("/account");
  await page.goto(link);
  await figure(page, "Utilisation")
    .getByText(/^Disk of all nodes/)
    .first()
    .waitFor();
  expect(await page.getByLabel("Step").inputValue()).toBe(String(15 * 60_000));
});

it("looks at one node, and goes back to all", async () => {
  const page = await open("/statistics?range=last-day");
  const nodes = page.getByRole("table", { name: "Utilisation by node" });
  const first = nodes.getByRole("link").first();
  const name = await first.innerText();
  await first.click();
  await figure(page, "Utilisation").getByText(`vCPUs of ${name}:`).first().waitFor();
  await page.goBack();
  await figure(page, "Utilisation").getByText("vCPUs of all nodes:").first().waitFor();
});

it("gives its numbers as tables and files", async () => {
  const page = await open("/statistics?range=last-day");
  await figure(page, "Demand").getByRole("button", { name: "Table" }).click();
  const steps = page.getByRole("table", { name: "Demand by step" });
  await steps.waitFor();
  expect(await steps.getByRole("row").count()).toBe(25);
  await page.getByRole("table", { name: "Prices by step" }).waitFor();

  const fileOf = async (button: string) => {
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: button }).click(),
    ]);
    return readFile(await file.path(), "utf8");
  };
  const csv = await fileOf("Demand: download CSV");
  expect(csv.split("\r\n")[0]).toMatch(/^from,to,askedCount,askedInstances,askedVcpuMs,/);
  expect(csv.trim().split("\r\n").length).toBe(25);
  const json = JSON.parse(await fileOf("Utilisation: download JSON")) as { series: unknown[] };
  expect(json.series.length).toBe(1);
});

it("says so where the range is none", async () => {
  const page = await open(
    "/statistics?range=custom&from=2026-10-06T00:00:00Z&to=2026-10-05T00:00:00Z",
  );
  await page.getByText("This is no range of time").waitFor();
});
