/** Clicks all that can be clicked on a page and neither leaves it nor commits anybody to anything. */
import type { ElementHandle, Page } from "playwright-core";

/** What ends a session, or changes what others see; those have tests of their own. */
const COMMITS =
  /log out|log in|register|delete|cancel|reject|withdraw|accept|confirm|counter|activate|reserve|propose|send|grant|make the|change the|keep this|end the|stop|start |reboot|revive|try again|claim|drop|remove|skip/i;
/** So that a page of a thousand bars ends too. */
const CLICKS_MAX = 60;
const CLICK_MS = 5000;

interface Found {
  key: string;
  handle: ElementHandle<HTMLElement>;
}

/** Everything that can be clicked now, by its role, its name and which of its like it is. */
async function controls(page: Page): Promise<Found[]> {
  const list = await page.evaluateHandle(() => {
    const any =
      "button, a[href], input, select, textarea, summary, [role=tab], [role=menuitem], [role=option]";
    // What a dialog covers cannot be clicked.
    const dialogs = document.querySelectorAll<HTMLElement>("[role=dialog]");
    const room: ParentNode = dialogs[dialogs.length - 1] ?? document;
    return [...room.querySelectorAll<HTMLElement>(any)].filter((element) => {
      const isShown = element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true });
      const box = element.getBoundingClientRect();
      // Places that are folded away are out of sight, and said to be.
      const isOff =
        element.matches(":disabled, [aria-disabled=true]") ||
        element.closest("[aria-hidden=true], [inert]") !== null;
      return isShown && !isOff && box.width > 1 && box.height > 1;
    });
  });
  const found: Found[] = [];
  const seen = new Map<string, number>();
  for (const property of (await list.getProperties()).values()) {
    const handle = property.asElement() as ElementHandle<HTMLElement> | null;
    if (handle === null) continue;
    const like = await handle.evaluate((element) => {
      const labels = (element as HTMLInputElement).labels;
      const name =
        element.getAttribute("aria-label") ?? labels?.[0]?.textContent ?? element.textContent ?? "";
      const role = element.getAttribute("role") ?? element.tagName.toLowerCase();
      return `${role} ${name.trim().slice(0, 80)}`;
    });
    const nth = seen.get(like) ?? 0;
    seen.set(like, nth + 1);
    found.push({ key: `${like} #${nth}`, handle });
  }
  return found;
}

/** Whether it leads to another page, or gives a file. */
function leaves(handle: ElementHandle<HTMLElement>): Promise<boolean> {
  return handle.evaluate((element) => {
    if (!(element instanceof HTMLAnchorElement)) return false;
    const { origin, pathname } = new URL(element.href);
    return origin !== location.origin || pathname !== location.pathname || element.download !== "";
  });
}

export interface Clicked {
  clicked: string[];
  /** What would have left the page or committed somebody. */
  passed: string[];
}

/** Clicks them one after the other, those too that appear meanwhile. */
export async function clickEverything(page: Page, settled: () => Promise<void>): Promise<Clicked> {
  const start = page.url();
  const clicked = new Set<string>();
  const passed = new Set<string>();
  let chosen = false;
  while (clicked.size < CLICKS_MAX) {
    let next: Found | undefined;
    for (const found of await controls(page)) {
      if (clicked.has(found.key) || passed.has(found.key)) continue;
      // One of a list stands for all: it closes with the first.
      const isLater = found.key.startsWith("option ") && chosen;
      if (isLater || COMMITS.test(found.key) || (await leaves(found.handle))) {
        passed.add(found.key);
        continue;
      }
      next = found;
      break;
    }
    if (next === undefined) {
      // Nothing new in this dialog: what is behind it may have more.
      if (!(await isCovered(page))) break;
      await page.keyboard.press("Escape");
      if (await isCovered(page)) break;
      continue;
    }
    clicked.add(next.key);
    chosen ||= next.key.startsWith("option ");
    await click(next, clicked);
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    if (new URL(page.url()).pathname !== new URL(start).pathname) await page.goto(start);
    await settled();
  }
  return { clicked: [...clicked], passed: [...passed] };
}

async function click({ handle }: Found, clicked: Set<string>): Promise<void> {
  try {
    // A radio or a box may lie under its own label: a click there is a click on it.
    const label = await handle.evaluateHandle((element) => {
      const input = element as HTMLInputElement;
      return ["radio", "checkbox"].includes(input.type) ? (input.labels?.[0] ?? null) : null;
    });
    const target = label.asElement() as Found["handle"] | null;
    const before = await handle.getAttribute("aria-expanded");
    await (target ?? handle).click({ timeout: CLICK_MS });
    const folded = before === "true" && (await handle.getAttribute("aria-expanded")) === "false";
    // What it folds away is to be clicked too.
    if (folded) await handle.click({ timeout: CLICK_MS });
  } catch (error) {
    // What went out of sight meanwhile, such as what another click folds away, is no fault.
    const isThere = await handle.evaluate((element) =>
      element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true }),
    );
    if (isThere)
      throw new Error(`cannot be clicked: ${[...clicked].join(" | ")}: ${String(error)}`);
  }
}

function isCovered(page: Page): Promise<boolean> {
  return page.evaluate(() => document.querySelector("[role=dialog]") !== null);
}
