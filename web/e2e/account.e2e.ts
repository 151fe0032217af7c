/** Coming in, and what one has of one's own: password, tokens, a zone, credits. */
import type { Page } from "playwright-core";
import { afterEach, expect, it } from "vitest";

import { Visitor } from "./harness/browser";
import { ADMIN, Service } from "./harness/service";
import { browser, serve, service } from "./harness/site";

const HOUR = 3_600_000;
/** Longer than a session lives that nobody uses. */
const TOO_LONG = 9 * HOUR;

let visitor: Visitor;

serve();
afterEach(async () => {
  const { faults } = visitor;
  await visitor.close();
  expect(faults).toEqual([]);
});

async function open(path: string): Promise<Page> {
  visitor = await Visitor.open(browser, service);
  await visitor.page.goto(path);
  return visitor.page;
}

async function openAs(username: string, path: string): Promise<Page> {
  const who = await service.register(username);
  visitor = await Visitor.open(browser, service);
  await visitor.logIn(who);
  await visitor.page.goto(path);
  return visitor.page;
}

async function fillIn(page: Page, username: string, password: string): Promise<void> {
  await page.getByLabel(/^Username/).fill(username);
  await page.getByLabel(/^Password/).fill(password);
}

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name });

it("lets one register, log out, and log in to where one wanted to go", async () => {
  const page = await open("/account");
  // Nobody is logged in: first one has to come in.
  await heading(page, "Log in").waitFor();
  await page.getByRole("link", { name: "Register" }).click();
  await heading(page, "Register").waitFor();
  expect(await page.title()).toMatch(/^Register · /);

  await fillIn(page, "nina", "short");
  await page.getByRole("button", { name: "Register" }).click();
  await page.getByText(/not 5/).waitFor();
  await fillIn(page, ADMIN.username, "a password of nina");
  await page.getByRole("button", { name: "Register" }).click();
  await page.getByText(/taken/).waitFor();
  // Nothing that was typed is lost.
  expect(await page.getByLabel(/^Password/).inputValue()).toBe("a password of nina");
  await fillIn(page, "nina", "a password of nina");
  await page.getByRole("button", { name: "Register" }).click();

  await heading(page, "Account").waitFor();
  expect(new URL(page.url()).pathname).toBe("/account");
  await page.getByRole("main").getByRole("button", { name: "Log out" }).click();
  await heading(page, "Log in").waitFor();
  await page.goto("/account");
  await heading(page, "Log in").waitFor();

  await fillIn(page, "nina", "a wrong password");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").getByText("the name or the password is wrong").waitFor();
  await page.getByLabel(/^Password/).fill("a password of nina");
  await page.keyboard.press("Enter");
  await heading(page, "Account").waitFor();
});

it("says so where log-ins failed too often", async () => {
  const page = await open("/login");
  const guess = { username: "nobody", password: "a guess" };
  for (let times = 0; times < 10; times += 1) {
    await expect(service.ask(guess, "GET", "/account")).rejects.toThrow(/credentials_wrong/);
  }
  await fillIn(page, guess.username, guess.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page
    .getByRole("alert")
    .getByText(/too many failed log-ins; come back in \d+ s/)
    .waitFor();
});

it("takes the keyboard to the heading of the page that one goes to", async () => {
  const page = await openAs("kai", "/");
  await page.getByRole("link", { name: "Account", exact: true }).click();
  await heading(page, "Account").waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Account");
  await page.reload();
  await heading(page, "Account").waitFor();
  await page.keyboard.press("Tab");
  await page.getByText("Skip to the page").waitFor();
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("MAIN");
});

it("has the places and the switches on a phone too", async () => {
  const who = await service.register("phil");
  visitor = await Visitor.open(browser, service, { viewport: { width: 360, height: 780 } });
  await visitor.logIn(who);
  const { page } = visitor;
  await page.goto("/account");
  await heading(page, "Account").waitFor();
  const places = page.getByRole("button", { name: "Places" });
  await places.click();
  await page.getByRole("link", { name: "Instances" }).click();
  await page.waitForURL("**/instances");
  // They are out of the way again.
  await expect.poll(() => places.getAttribute("aria-expanded")).toBe("false");
  await page.getByRole("button", { name: /^Settings/ }).click();
  await page.getByRole("button", { name: "UTC: UTC" }).click();
  expect(await visitor.axe()).toEqual([]);
  await page.getByRole("button", { name: "Log out" }).click();
  await heading(page, "Log in").waitFor();
});

it("changes the password", async () => {
  const page = await openAs("paula", "/account");
  await page.getByLabel(/^Current password/).fill("not it");
  await page.getByLabel(/^New password/).fill("quite another password");
  await page.getByRole("button", { name: "Change the password" }).click();
  await page.getByText("is not the password of this account").waitFor();
  await page.getByLabel(/^Current password/).fill("a password of paula");
  await page.getByRole("button", { name: "Change the password" }).click();
  await page.getByText("The password is changed").waitFor();
  const changed = { username: "paula", password: "quite another password" };
  expect(await service.ask(changed, "GET", "/account")).toMatchObject({ username: "paula" });
  // This session goes on.
  await page.reload();
  await heading(page, "Account").waitFor();
});

it("makes a token that programs can use, until it is ended", async () => {
  const page = await openAs("toni", "/account");
  await page.getByRole("button", { name: "Make a token" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/^Name/).fill("nightly build");
  await dialog.getByRole("button", { name: "Make the token" }).click();
  await dialog.getByText("Copy it now: it is not shown again").waitFor();
  const token = await dialog.getByRole("textbox", { name: "Token" }).inputValue();
  expect(token).toMatch(/^opx_/);
  expect(await visitor.axe()).toEqual([]);
  await dialog.getByRole("button", { name: "Done" }).click();

  const use = () =>
    fetch(`${service.url}/OpenPEX/account`, { headers: { Authorization: `Bearer ${token}` } });
  expect(await (await use()).json()).toMatchObject({ username: "toni" });
  await page.getByRole("button", { name: "End nightly build" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End the token" }).click();
  await page.getByText("You have no token.").waitFor();
  expect((await use()).status).toBe(401);
});

it("shows times by the clocks that are chosen", async () => {
  const page = await openAs("zoe", "/account");
  const since = () => page.getByText("Since").locator("xpath=../..").locator("time").innerText();
  await page.getByText("Since").waitFor();
  // The browser is in Zurich.
  const zurich = await since();
  expect(zurich).toMatch(/CEST$/);
  await page.getByRole("button", { name: "UTC: UTC" }).click();
  await expect.poll(since).toMatch(/UTC$/);

  const zones = page.getByRole("combobox", { name: "Zone" });
  await zones.fill("tokyo");
  await page.getByRole("option", { name: "Asia/Tokyo" }).waitFor();
  await zones.press("Enter");
  await page.getByRole("button", { name: "Keep this zone" }).click();
  await page.getByText("It is Asia/Tokyo in every browser.").waitFor();
  await page.getByRole("button", { name: "Mine: Asia/Tokyo" }).click();
  await expect.poll(since).toMatch(/GMT\+9$/);
  // It is kept: by the browser that mine is shown, by the account which that is.
  await page.reload();
  await page.getByText("Since").waitFor();
  await expect.poll(since).toMatch(/GMT\+9$/);
  await page.getByRole("button", { name: "Use the browser’s" }).click();
  await expect.poll(since).toBe(zurich);
});

it("shows what there is to spend and what for", async () => {
  const page = await openAs("cleo", "/account");
  const { userid } = await service.ask<{ userid: number }>(
    { username: "cleo", password: "a password of cleo" },
    "GET",
    "/account",
  );
  for (let n = 1; n <= 12; n += 1) {
    await service.ask(ADMIN, "POST", `/users/${userid}/grants`, {
      amount: `${n}`,
      note: `no ${n}`,
    });
  }
  await page.reload();
  const entries = page.getByRole("table", { name: "Entries of the account" });
  await entries.getByText("no 12").waitFor();
  await page.getByRole("button", { name: "Older" }).click();
  await entries.getByText("no 1", { exact: false }).first().waitFor();
  await expect.poll(() => entries.getByText("no 12").count()).toBe(0);
  expect(page.url()).toContain("before=");
  await page.goBack();
  await entries.getByText("no 12").waitFor();
});

it("keeps what was typed where the session ends under an open page", async () => {
  const page = await openAs("sam", "/account");
  await page.getByLabel(/^New password/).fill("half typed");
  await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
  await service.advance(TOO_LONG);
  const dialog = page.getByRole("dialog", { name: "Your session has ended" });
  await dialog.waitFor();
  expect(await visitor.axe()).toEqual([]);
  await dialog.getByLabel(/^Password/).fill("not it");
  await dialog.getByRole("button", { name: "Log in", exact: true }).click();
  await dialog.getByText("the name or the password is wrong").waitFor();
  await dialog.getByLabel(/^Password/).fill("a password of sam");
  await dialog.getByRole("button", { name: "Log in", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  expect(await page.getByLabel(/^New password/).inputValue()).toBe("half typed");
  await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
});

it("says that registration is closed", async () => {
  const closed = await Service.start(["--registration", "closed"]);
  try {
    visitor = await Visitor.open(browser, closed);
    await visitor.page.goto("/login");
    await visitor.page.getByText("Registration is closed here").waitFor();
    await visitor.page.goto("/register");
    await visitor.page.getByText("Registration is closed here").waitFor();
    expect(await visitor.page.getByRole("button", { name: "Register" }).count()).toBe(0);
  } finally {
    await closed.stop();
  }
});
