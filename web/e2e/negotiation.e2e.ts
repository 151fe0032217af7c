import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";

import { Visitor } from "./harness/browser";
import { ADMIN, BEGIN, type Credentials } from "./harness/service";
import { until } from "./harness/until";
import { browser, serve, service } from "./harness/site";

const HOUR = 3_600_000;
/** As many of the largest type as the simulated pool has room for: four nodes of 16 vCPUs. */
const ALL = { type: "XLARGE", numInstancesFixed: 16 };
/** The form for all of the pool, from 13:00 to 15:00 in Zurich, with a day in view. */
const FORM = "/reserve?type=XLARGE&count=16&start=2026-10-05T11:00Z&duration=7200000";
const DAY_VIEW = "&at=2026-10-05T07:00Z&span=day";
const ASKED = /^16 XLARGE, proposed/;

serve();

async function opened(who: Credentials): Promise<Visitor> {
  const visitor = await Visitor.open(browser, service);
  await visitor.logIn(who);
  return visitor;
}

/** Has all of the pool taken by somebody else from 12:00 to 14:00 UTC; returns how to end that. */
async function taken(): Promise<() => Promise<void>> {
  const id = await service.reserve(ADMIN, 4 * HOUR, { ...ALL, duration: 2 * HOUR });
  return () => service.ask(ADMIN, "DELETE", `/reservations/${id}`);
}

/** Presses Tab until `target` has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < 150; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`the Tab key does not lead to ${target}`);
}

async function press(page: Page, key: string, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) await page.keyboard.press(key);
}

const status = (page: Page, word: string) =>
  page.getByText(word, { exact: true }).first().waitFor();
const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });

/** Fails where the page breaks a rule of accessibility in either theme. */
async function isAccessible(visitor: Visitor, ready: Locator): Promise<void> {
  for (const theme of ["light", "dark"] as const) {
    await visitor.theme(theme);
    await ready.waitFor();
    expect(await visitor.axe(), theme).toEqual([]);
  }
}

describe("negotiating", () => {
  it("goes all the way by mouse: drag, counter, confirm, cancel", async () => {
    const free = await taken();
    const visitor = await opened(await service.register("mia"));
    const { page } = visitor;
    await page.goto(FORM + DAY_VIEW);
    await page.getByText("It would be answered with another offer").waitFor();
    await page.getByText("Not enough is free").waitFor();
    await isAccessible(visitor, page.getByText("Starts 3 h later"));

    // A window of its own, drawn where nothing is: three hours from 10:00 on, in Zurich's time.
    const track = page.getByRole("group", { name: "All nodes" }).locator(".opx-tl-track");
    const box = await track.boundingBox();
    if (box === null) throw new Error("there is no track");
    const at = (hour: number) => box.x + ((hour - 9) * box.width) / 24;
    await page.mouse.move(at(11), box.y + 40);
    await page.mouse.down();
    await page.mouse.move(at(12), box.y + 40, { steps: 4 });
    await page.mouse.move(at(15), box.y + 40, { steps: 4 });
    await page.mouse.up();
    await expect
      .poll(() => page.getByLabel("Start", { exact: false }).first().inputValue())
      .toBe("2026-10-05T11:00");
    await expect.poll(() => page.getByLabel("Duration").inputValue()).toBe("4 h");
    await expect.poll(() => page.url()).toContain("duration=14400000");
    await page.reload();
    await expect.poll(() => page.getByLabel("Duration").inputValue()).toBe("4 h");

    await button(page, "Send the proposal").click();
    await status(page, "COUNTERED");
    await page.getByText("Offer 1: Starts 5 h later").waitFor();
    await isAccessible(visitor, button(page, "Accept offer 1"));

    // The ghost of the offer is dragged two hours later: a counter-offer.
    const ghost = page.getByRole("button", { name: /^1: 5 h later, proposed/ });
    await button(page, "Day").click();
    const from = await ghost.boundingBox();
    if (from === null) throw new Error("there is no ghost");
    const middle = { x: from.x + from.width / 2, y: from.y + from.height / 2 };
    await page.mouse.move(middle.x, middle.y);
    await page.mouse.down();
    await page.mouse.move(middle.x + from.width / 2, middle.y, { steps: 8 });
    await page.mouse.up();
    await page.getByText("It would be accepted as asked").waitFor();
    await expect
      .poll(() => page.getByLabel("Start", { exact: false }).first().inputValue())
      .toBe("2026-10-05T18:00");
    // The counter-offer is in the address: it survives that the page is loaded anew.
    await expect.poll(() => page.url()).toContain("counter=yes");
    await isAccessible(visitor, page.getByText("It would be accepted as asked"));
    await button(page, "Send the counter-offer").click();
    await status(page, "ACCEPTED");
    await button(page, "Confirm").click();
    await status(page, "CONFIRMED");
    await page.getByText("Confirmed by the provider.").waitFor();
    await isAccessible(visitor, button(page, "Cancel the reservation"));

    await button(page, "Cancel the reservation").click();
    await page.getByRole("dialog").getByText("are given back").waitFor();
    expect(await visitor.axe()).toEqual([]);
    await button(page, "Cancel it").click();
    await status(page, "CANCELLED");
    expect(visitor.faults).toEqual([]);
    await visitor.close();
    await free();
  });

  it("goes all the way by keys alone", async () => {
    const free = await taken();
    const visitor = await opened(await service.register("kim"));
    const { page } = visitor;
    await page.goto(FORM + DAY_VIEW);
    const asked = page.getByRole("button", { name: ASKED });
    const start = page.getByLabel("Start", { exact: false }).first();
    await tabTo(page, asked);
    // Given up first: nothing has changed.
    await press(page, "ArrowRight", 8);
    await page.keyboard.press("Escape");
    expect(await start.inputValue()).toBe("2026-10-05T13:00");
    // Steps are 15 minutes: an hour later, and an hour shorter.
    await press(page, "ArrowRight", 4);
    await press(page, "Shift+ArrowLeft", 4);
    await page
      .getByRole("status")
      .getByText(/from Mon, 5 Oct 2026, 14:00 CEST to .*, 1 h$/)
      .waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => start.inputValue()).toBe("2026-10-05T14:00");
    await tabTo(page, button(page, "Send the proposal"));
    await page.keyboard.press("Enter");
    await status(page, "COUNTERED");

    await button(page, "Day").waitFor();
    await tabTo(page, button(page, "Day"));
    await page.keyboard.press("Enter");
    const ghost = page.getByRole("button", { name: /^1: 2 h later, proposed/ });
    await tabTo(page, ghost);
    await press(page, "ArrowRight", 4);
    await press(page, "Shift+ArrowRight", 4);
    await page.keyboard.press("Enter");
    await expect.poll(() => start.inputValue()).toBe("2026-10-05T17:00");
    await expect.poll(() => page.getByLabel("Duration").inputValue()).toBe("2 h");
    await tabTo(page, button(page, "Send the counter-offer"));
    await page.keyboard.press("Enter");
    await status(page, "ACCEPTED");
    await tabTo(page, button(page, "Confirm"));
    await page.keyboard.press("Enter");
    await status(page, "CONFIRMED");
    expect(visitor.faults).toEqual([]);
    await visitor.close();
    await free();
  });

  it("changes what was agreed, claims options, and shows the instances once it runs", async () => {
    const who = await service.register("lea");
    const id = await service.reserve(who, 3 * HOUR, { numInstancesOption: 2 });
    const visitor = await opened(who);
    const { page } = visitor;
    await page.goto(`/reservations/${id}`);
    await button(page, "Claim 1").click();
    await page.getByText("Claimed.").waitFor();
    await button(page, "Drop 1").click();
    await page.getByText("Dropped.").waitFor();
    await button(page, "Change").click();
    await page.getByLabel("Duration").fill("3 h");
    await page.getByText("It would be accepted as asked").waitFor();
    await button(page, "Ask for the change").click();
    await button(page, "Confirm the change").click();
    await page.getByText("Confirmed by the provider.").waitFor();
    await page.getByText("3 h", { exact: true }).first().waitFor();
    await service.advance(3 * HOUR);
    await status(page, "ACTIVATED");
    await page.getByRole("table", { name: "Instances of the reservation" }).waitFor();
    expect(await visitor.axe()).toEqual([]);
    expect(visitor.faults).toEqual([]);
    await visitor.close();
  });

  it("gives the last capacity to one of two who ask at once", async () => {
    const visitors = [];
    const start = new Date((await service.now()) + 72 * HOUR).toISOString();
    for (const name of ["ann", "ben"]) {
      const visitor = await opened(await service.register(name));
      await visitor.page.goto(`/reserve?type=XLARGE&count=16&start=${start}`);
      await visitor.page.getByText("It would be accepted as asked").waitFor();
      visitors.push(visitor);
    }
    await Promise.all(visitors.map(({ page }) => button(page, "Send the proposal").click()));
    const outcome = async ({ page }: Visitor) => {
      const word = page.getByText(/^(ACCEPTED|COUNTERED)$/).first();
      return word.textContent();
    };
    const outcomes = await Promise.all(visitors.map(outcome));
    expect([...outcomes].sort()).toEqual(["ACCEPTED", "COUNTERED"]);
    const late = visitors[outcomes.indexOf("COUNTERED")];
    await late?.page.getByText("Not enough is free").waitFor();
    for (const visitor of visitors) {
      expect(visitor.faults).toEqual([]);
      await visitor.close();
    }
  });

  it("tells the later of two windows what is in force", async () => {
    const who = await service.register("zoe");
    const proposal = await service.proposal(120 * HOUR);
    const answer = await service.ask<{ proposal: { id: string } }>(
      who,
      "POST",
      "/reservations",
      proposal,
    );
    const [one, other] = [await opened(who), await opened(who)];
    // The other does not hear of it in time.
    await other.context.route("**/OpenPEX/events*", (route) => route.abort());
    for (const { page } of [one, other]) {
      await page.goto(`/reservations/${answer.proposal.id}`);
      await button(page, "Confirm").waitFor();
    }
    await button(one.page, "Confirm").click();
    await status(one.page, "CONFIRMED");
    await button(other.page, "Reject").click();
    await other.page.getByText("It has gone on meanwhile").waitFor();
    await status(other.page, "CONFIRMED");
    await button(other.page, "Cancel the reservation").waitFor();
    expect(await other.axe()).toEqual([]);
    expect(one.faults).toEqual([]);
    await one.close();
    await other.close();
  });
});

describe("the time line", () => {
  it("shows 200 nodes with 5,000 bars with few nodes of the document", async () => {
    const visitor = await opened(ADMIN);
    const { page } = visitor;
    await crowd(visitor);
    await page.goto("/reserve?rows=node&span=quarter");
    const line = page.getByRole("region", { name: "Free capacity and your window" });
    const count = () => line.locator("*").count();
    await line.getByText("node-001").waitFor();
    await until("the bars are drawn", async () => (await line.locator(".opx-tl-bar").count()) > 50);
    expect(await count()).toBeLessThan(700);
    expect(await line.locator(".opx-tl-bar").count()).toBeLessThan(400);
    expect(await visitor.axe()).toEqual([]);

    // To the last node, by keys, and back again by the wheel.
    const rows = line.getByRole("group", { name: /: rows$/ });
    await rows.focus();
    await page.keyboard.press("End");
    await line.getByText("node-200").waitFor();
    expect(await line.getByText("node-001").count()).toBe(0);
    expect(await count()).toBeLessThan(700);
    await button(page, "Zoom in").click();
    await button(page, "Later").click();
    expect(await count()).toBeLessThan(700);
    await button(page, "Show as a table").click();
    await line.getByText(/^The first 200 of [0-9]+ lines/).waitFor();
    expect(visitor.faults).toEqual([]);
    await visitor.close();
  });
});

/** Answers as a service with 200 nodes and 5,000 bookings over a quarter would. */
async function crowd({ context }: Visitor): Promise<void> {
  const begin = Date.parse(BEGIN);
  const names = Array.from({ length: 200 }, (_, i) => `node-${String(i + 1).padStart(3, "0")}`);
  const capacity = { vcpus: 16, memoryMb: 32_768, diskGb: 500 };
  const iso = (hours: number) => new Date(begin + hours * HOUR).toISOString();
  const steps = Array.from({ length: 90 }, (_, day) => {
    const vcpus = day % 3;
    const held = { vcpus: day % 2, memoryMb: 0, diskGb: 0 };
    const times = { from: iso(24 * day), to: iso(24 * day + 24) };
    return { ...times, firm: { vcpus, memoryMb: 0, diskGb: 0 }, held, free: capacity };
  });
  const nodes = names.map((node) => ({ node, status: "IN_SERVICE", capacity, steps }));
  const bookings = Array.from({ length: 5000 }, (_, i) => ({
    reservation: `00000000-0000-0000-0000-${String(i).padStart(12, "0")}`,
    userid: 1 + (i % 7),
    node: names[i % 200],
    count: 1 + (i % 4),
    type: "SMALL",
    startTime: iso((i * 7919) % 2160),
    endTime: iso(((i * 7919) % 2160) + 4 + (i % 48)),
    status: "CONFIRMED",
    kind: i % 5 === 0 ? "held" : "firm",
  }));
  await context.route("**/OpenPEX/availability?*by=node*", (route) =>
    route.fulfill({
      json: { from: BEGIN, to: iso(2160), step: 24 * HOUR, heldApart: true, nodes },
    }),
  );
  await context.route("**/OpenPEX/bookings?*", (route) => route.fulfill({ json: bookings }));
}
