/** The whole of a user's life: from registering to what has expired and how it came about. */
import { readFile } from "node:fs/promises";

import type { Page } from "playwright-core";
import { expect, it } from "vitest";

import { Visitor } from "./harness/browser";
import { browser, serve, service } from "./harness/site";

const HOUR = 3_600_000;
const PATIENCE = { timeout: 20_000 };
const EVA = { username: "eva", password: "a long walk by the lake" };

serve();

const place = (page: Page, name: string) =>
  page.getByRole("navigation", { name: "Places" }).getByRole("link", { name, exact: true });

async function enter(page: Page): Promise<void> {
  await page.goto("/");
  await page.getByRole("heading", { name: /Log in/ }).waitFor();
  await page.goto("/register");
  await page.getByLabel(/^Username/).fill(EVA.username);
  await page.getByLabel(/^Password/).fill(EVA.password);
  await page.getByRole("button", { name: "Register" }).click();
  const welcome = page.getByRole("heading", { level: 1, name: "Welcome, eva" });
  const login = page.getByRole("button", { name: "Log in" });
  await welcome.or(login).first().waitFor();
  if (await login.isVisible()) {
    await page.getByLabel(/^Username/).fill(EVA.username);
    await page.getByLabel(/^Password/).fill(EVA.password);
    await login.click();
  }
  await welcome.waitFor();
}

async function axeInBothThemes(visitor: Visitor, settled: () => Promise<void>): Promise<void> {
  for (const theme of ["dark", "light"] as const) {
    await visitor.theme(theme);
    await settled();
    expect(await visitor.axe(), `${visitor.page.url()} ${theme}`).toEqual([]);
  }
}

it("registers, reserves, confirms, activates, uses, and looks back on what expired", async () => {
  const visitor = await Visitor.open(browser, service);
  const { page } = visitor;
  await enter(page);
  await page.getByText("Nothing: no offer waits for you.").waitFor();

  // Reserves; the page turns into the negotiation, and the welcome page says how long it is held.
  const starts = new Date((await service.now()) + HOUR).toISOString();
  await place(page, "Reserve").click();
  await page.getByText("It would be accepted as asked").waitFor();
  await page.goto(`/reserve?count=2&start=${starts}&duration=${2 * HOUR}&autostart=no`);
  await page.getByText("It would be accepted as asked").waitFor();
  await page.getByRole("button", { name: "Send the proposal" }).click();
  await page.getByText("ACCEPTED", { exact: true }).first().waitFor();
  await place(page, "Welcome").click();
  const waits = page.getByText("Accepted: waits for you to confirm");
  await waits.waitFor();
  await page.getByText(/held for \d/).waitFor();
  await axeInBothThemes(visitor, () => waits.waitFor());
  await page.getByRole("button", { name: /^Confirm / }).click();
  await page.getByText("Starts soon").waitFor();

  // Time passes to its start.
  await service.advance(HOUR);
  await page.getByText("Its time has begun: activate it").waitFor();
  await page.getByRole("button", { name: /^Activate / }).click();
  await page.getByText("Ends soon").waitFor();
  const yours = page.getByRole("table", { name: "Your instances" });
  await expect.poll(() => yours.getByText("RUNNING").count(), PATIENCE).toBe(2);
  await axeInBothThemes(visitor, () => yours.waitFor());

  // Uses them.
  await place(page, "Instances").click();
  const first = page
    .getByRole("row")
    .filter({ has: page.locator("td") })
    .first();
  await first.getByRole("button", { name: /^Stop/ }).click();
  await first.getByText("HALTED").waitFor();
  await first.getByRole("button", { name: /^Start/ }).click();
  await first.getByText("RUNNING").waitFor();
  await first.getByRole("button", { name: /^Reboot/ }).click();
  await page.getByText(/asked to reboot/).waitFor();
  await first.getByText("as wanted").waitFor();
  await axeInBothThemes(visitor, () => first.waitFor());

  // It ends.
  await service.advance(2 * HOUR);
  await page.getByText("No instances").waitFor();
  await place(page, "Reservations").click();
  await page.getByText("EXPIRED", { exact: true }).waitFor();
  await axeInBothThemes(visitor, () => page.getByText("EXPIRED", { exact: true }).waitFor());

  await page.getByRole("link", { name: /^History of/ }).click();
  await lookBack(visitor);
  expect(visitor.faults).toEqual([]);
  await visitor.close();
});

/** The history: its views share what is selected. */
async function lookBack(visitor: Visitor): Promise<void> {
  const { page } = visitor;
  const list = page.getByRole("list", { name: "Events" });
  await list.getByText("Reservation expired").waitFor();
  await list
    .getByText(/^nothing for 58|^nothing for 59|^nothing for 1 h/)
    .first()
    .waitFor();
  const status = page.locator("dl").first();
  await status.getByText("EXPIRED").waitFor();
  await axeInBothThemes(visitor, () => status.getByText("EXPIRED").waitFor());

  // The slider, by keyboard, goes to the first event; list and time line follow.
  const slider = page.getByRole("slider", { name: "As of event" });
  await slider.press("Home");
  await status.getByText("INITIATED").waitFor();
  const selected = page.locator("[aria-current=step]");
  await expect.poll(() => selected.count()).toBe(2);
  expect(await selected.first().getAttribute("data-position")).toBe(
    new URL(page.url()).searchParams.get("at"),
  );
  expect(await slider.getAttribute("aria-valuetext")).toContain("event 1 of");
  await page
    .getByRole("group", { name: /^Time line/ })
    .locator("[aria-current=step]")
    .focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => slider.getAttribute("aria-valuetext")).toContain("event 2 of");

  // An event of the list; its address can be shared, and back leads to the one before.
  await list.getByRole("button", { name: /^Reservation confirmed/ }).click();
  await status.getByText("CONFIRMED").waitFor();
  const shared = page.url();
  await list.getByRole("button", { name: /^Reservation activated/ }).click();
  await status.getByText("ACTIVATED").waitFor();
  await page.goBack();
  await status.getByText("CONFIRMED").waitFor();
  expect(page.url()).toBe(shared);
  await page.getByRole("button", { name: "JSON", exact: true }).click();
  await page.getByRole("list", { name: "Events as JSON" }).waitFor();
  expect(await visitor.axe()).toEqual([]);

  const coming = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download JSON" }).click();
  const file = JSON.parse(await readFile(await (await coming).path(), "utf8")) as object[];
  expect(file.length).toBeGreaterThan(6);
}
