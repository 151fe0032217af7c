/**
 * Chromium, and pages that tell on themselves: what breaks the content security policy, what is
 * asked of another origin, and what the console calls an error.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { type Browser, type BrowserContext, type Page, chromium } from "playwright-core";

import type { Credentials, Service } from "./service";

const CHROMIUM = process.env.OPENPEX_CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** What the console may say: answers that the page deals with itself. */
const EXPECTED = /Failed to load resource: the server responded with a status of 4\d\d/;

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

/** A browser of its own, with nobody logged in. */
export class Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What must not have happened. */
  readonly faults: string[];
  readonly #service: Service;

  private constructor(service: Service, context: BrowserContext, page: Page, faults: string[]) {
    this.#service = service;
    this.context = context;
    this.page = page;
    this.faults = faults;
  }

  static async open(
    browser: Browser,
    service: Service,
    options: Parameters<Browser["newContext"]>[0] = {},
  ): Promise<Visitor> {
    const context = await browser.newContext({
      baseURL: service.url,
      timezoneId: "Europe/Zurich",
      locale: "en-GB",
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    const faults: string[] = [];
    await context.exposeBinding("openpexFault", (_, text: string) => faults.push(text));
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        const told = window as unknown as { openpexFault(text: string): void };
        told.openpexFault(`policy: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    const page = await context.newPage();
    page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error" && !EXPECTED.test(message.text())) {
        faults.push(`console: ${message.text()}`);
      }
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      const own = url.origin === service.url || ["data:", "blob:"].includes(url.protocol);
      if (!own) faults.push(`request: ${request.url()}`);
    });
    return new Visitor(service, context, page, faults);
  }

  /** Logs in without the form. */
  async logIn(who: Credentials): Promise<void> {
    const response = await this.context.request.post(`${this.#service.url}/OpenPEX/session`, {
      data: who,
      headers: { Origin: this.#service.url, "Sec-Fetch-Site": "same-origin" },
    });
    if (!response.ok()) throw new Error(`not logged in: ${await response.text()}`);
  }

  /** What axe finds against WCAG 2.2 AA on the page as it stands. */
  async axe(): Promise<string[]> {
    // Run as the browser's own, not as the page's: the policy forbids the page to take it in.
    await this.page.evaluate(AXE);
    return this.page.evaluate(async () => {
      const { axe } = window as unknown as { axe: typeof import("axe-core") };
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
      const found = await axe.run(document, { runOnly: { type: "tag", values: tags } });
      return found.violations.flatMap((violation) =>
        violation.nodes.map(
          (node) => `${violation.id}: ${node.target.join(" ")} ${node.failureSummary}`,
        ),
      );
    });
  }

  /** Shows the page in this theme from now on. */
  async theme(theme: "light" | "dark"): Promise<void> {
    await this.page.evaluate((theme) => localStorage.setItem("openpex.theme", theme), theme);
    await this.page.reload();
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
