/**
 * What must be true of every page: nobody is shut out (axe, both themes, a narrow screen), nothing
 * leaves the origin or breaks the policy, and every control can be used without breaking the page.
 */
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";

import { clickEverything } from "./click";
import { Visitor } from "./browser";
import { ADMIN, type Credentials } from "./service";
import { browser, serve, service } from "./site";

const HOUR = 3_600_000;
const NARROW = { width: 360, height: 780 };

/** A reservation that runs, and one of which offers are on the table. */
interface Reservations {
  running: string;
  countered: string;
}

/** A page, or a state of one. */
export interface Place {
  name: string;
  /** Who looks; nobody where `null`. */
  who: "user" | "operator" | null;
  path: (of: Reservations) => string;
}

/** Checks all of it on each of `places`, at a site of their own that is in use. */
export function checkPlaces(places: readonly Place[]): void {
  let user: Credentials;
  let reservations: Reservations;

  serve(["--sim-hosts", "2"]);
  beforeAll(async () => {
    user = await service.register("una");
    const running = await service.reserve(user, HOUR, { duration: 4 * HOUR });
    await service.reserve(user, 6 * HOUR, { type: "LARGE" });
    await service.advance(HOUR + 60_000);
    await service.ask(user, "PUT", `/reservations/${running}/activate`);
    // More than the site has then, so that there is something to negotiate.
    await service.reserve(user, 10 * HOUR, { type: "XLARGE", numInstancesFixed: 6 });
    const asked = await service.proposal(10 * HOUR, { type: "XLARGE", numInstancesFixed: 6 });
    const answer = await service.ask<{ reply: string; proposal: { id: string } }>(
      user,
      "POST",
      "/reservations",
      asked,
    );
    expect(answer.reply).toBe("COUNTER");
    reservations = { running, countered: answer.proposal.id };
  });

  async function openPlace(place: Place, options = {}): Promise<Visitor> {
    const visitor = await Visitor.open(browser, service, options);
    if (place.who !== null) await visitor.logIn(place.who === "user" ? user : ADMIN);
    await visitor.page.goto(place.path(reservations));
    await settled(visitor.page);
    return visitor;
  }

  describe.each(places)("$name", (place) => {
    it("shuts nobody out, in both themes, and keeps to the policy", async () => {
      const visitor = await openPlace(place);
      for (const theme of ["light", "dark"] as const) {
        await visitor.theme(theme);
        await settled(visitor.page);
        expect(await visitor.axe(), theme).toEqual([]);
      }
      expect(await visitor.page.title()).toMatch(/^.+ · .+$/);
      expect(visitor.faults).toEqual([]);
      await visitor.close();
    });

    it("is no wider than a phone", async () => {
      const visitor = await openPlace(place, { viewport: NARROW });
      expect(await sideways(visitor.page)).toBeLessThanOrEqual(0);
      expect(await visitor.axe()).toEqual([]);
      await visitor.close();
    });

    it("stays whole whatever is clicked", async () => {
      const visitor = await openPlace(place);
      const { clicked, passed } = await clickEverything(visitor.page, () => settled(visitor.page));
      expect([...clicked, ...passed]).not.toEqual([]);
      expect(await visitor.page.getByText("This page could not be shown").count()).toBe(0);
      expect(visitor.faults).toEqual([]);
      await visitor.close();
    });
  });
}

/** Waits until the page shows what it is for. */
async function settled(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await page.waitForFunction(() => {
    const waiting = document.querySelectorAll(".pf-v6-c-skeleton, .pf-v6-c-spinner");
    return ![...waiting].some((element) =>
      element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true }),
    );
  });
  expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
}

/** How far the page, or what of it is the page, can be scrolled sideways. */
function sideways(page: Page): Promise<number> {
  return page.evaluate(() => {
    const rooms = [document.documentElement, ...document.querySelectorAll("main")];
    return Math.max(...rooms.map((room) => room.scrollWidth - room.clientWidth));
  });
}
