/** The pool, for operators and auditors: nodes and their load, instances, users. */
import type { Page } from "playwright-core";
import { afterEach, beforeAll, expect, it } from "vitest";

import { Visitor } from "./harness/browser";
import { ADMIN, type Credentials } from "./harness/service";
import { browser, serve, service } from "./harness/site";

const HOUR = 3_600_000;

let visitor: Visitor;
let user: Credentials;
let running: string;

serve(["--sim-hosts", "3"]);
beforeAll(async () => {
  user = await service.register("pia");
  running = await service.reserve(user, HOUR, {
    type: "XLARGE",
    numInstancesFixed: 4,
    duration: 5 * HOUR,
  });
  await service.advance(HOUR + 60_000);
  await service.ask(user, "PUT", `/reservations/${running}/activate`);
});
afterEach(async () => {
  const { faults } = visitor;
  await visitor.close();
  expect(faults).toEqual([]);
});

async function openAs(who: Credentials, path: string): Promise<Page> {
  visitor = await Visitor.open(browser, service);
  await visitor.logIn(who);
  await visitor.page.goto(path);
  return visitor.page;
}

it("shows each node with what it has to do now and over time", async () => {
  const page = await openAs(ADMIN, "/pool");
  const nodes = page.getByRole("table", { name: "Nodes", exact: true });
  await nodes.getByText("16 of 16").first().waitFor();
  expect(await nodes.getByRole("row").count()).toBe(4);
  expect(await nodes.getByText("in service").count()).toBe(3);

  const line = page.getByRole("region", { name: "Load of the nodes", exact: true });
  const bar = line.getByRole("button", { name: /4 × XLARGE/ });
  await bar.waitFor();
  await page.getByLabel("Of", { exact: true }).selectOption("Memory");
  expect(page.url()).toContain("dimension=memory");
  await line.getByText("32768 MiB").first().waitFor();
  await bar.click();
  await page.waitForURL(`**/reservations/${running}`);
});

it("shows the instances on a node", async () => {
  const page = await openAs(ADMIN, "/pool");
  const nodes = page.getByRole("table", { name: "Nodes", exact: true });
  const busy = nodes.getByRole("row").filter({ hasText: "16 of 16" });
  await busy.getByRole("link", { name: /instances on/ }).click();
  const instances = page.getByRole("table", { name: "Instances" });
  await instances.waitFor();
  await expect.poll(() => instances.getByRole("row").count()).toBe(5);
  // Another node has none, and the address says which is looked at.
  const here = new URL(page.url()).searchParams.get("node");
  const names = (await service.ask<{ name: string }[]>(ADMIN, "GET", "/nodes")).map(
    ({ name }) => name,
  );
  const other = names.find((name) => name !== here) ?? "";
  await page.getByLabel("Node", { exact: true }).selectOption(other);
  await page.getByText("No instance matches.").waitFor();
  await page.goBack();
  await instances.waitFor();
});

it("says where nothing is stuck", async () => {
  const page = await openAs(ADMIN, "/pool");
  await page.getByRole("tab", { name: "Stuck commands" }).click();
  await page.getByText("Nothing is stuck").waitFor();
});

it("finds users, makes accounts with a role, and grants credits", async () => {
  const page = await openAs(ADMIN, "/pool?part=users");
  const users = page.getByRole("table", { name: "Users" });
  await page.getByRole("button", { name: "Make an account" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/^Username/).fill("audrey");
  await dialog.getByLabel(/^Password/).fill("a password of audrey");
  await dialog.getByLabel("Role").selectOption("Auditor");
  expect(await visitor.axe()).toEqual([]);
  await dialog.getByRole("button", { name: "Make the account" }).click();
  await dialog.getByText("The account audrey is made").waitFor();
  await dialog.getByRole("button", { name: "Done" }).click();
  await users.getByText("auditor").waitFor();

  await page.getByRole("textbox", { name: "Username" }).fill("pi");
  await page.keyboard.press("Enter");
  await expect.poll(() => users.getByRole("row").count()).toBe(2);
  expect(page.url()).toContain("name=pi");
  const before = await service.ask<{ balance: string }>(user, "GET", "/account");
  await page.getByRole("button", { name: "Grant credits to pia" }).click();
  await dialog.getByLabel(/^Credits/).fill("many");
  await dialog.getByRole("button", { name: "Grant", exact: true }).click();
  // The API's word, beside the field; what was typed stays.
  await expect.poll(() => dialog.getByLabel(/^Credits/).getAttribute("aria-invalid")).toBe("true");
  await dialog.getByLabel(/^Credits/).fill("12.5");
  await dialog.getByRole("button", { name: "Grant", exact: true }).click();
  await dialog.getByText("Granted to pia").waitFor();
  // Others' writes reach what one reads a moment later.
  const balance = async () =>
    Number((await service.ask<{ balance: string }>(user, "GET", "/account")).balance);
  await expect.poll(balance).toBeCloseTo(Number(before.balance) + 12.5, 6);
});

it("lets auditors look and change nothing, and tells others that it is not for them", async () => {
  const audrey = { username: "audrey", password: "a password of audrey" };
  let page = await openAs(audrey, "/pool?part=users");
  await page.getByRole("table", { name: "Users" }).waitFor();
  expect(await page.getByRole("button", { name: /Grant|Make an account/ }).count()).toBe(0);
  await visitor.close();
  page = await openAs(user, "/pool");
  await page.getByText("This page is for operators and auditors.").waitFor();
});
