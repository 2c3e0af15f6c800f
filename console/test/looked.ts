/** What is amiss with a page as it is seen, in both colours at one visit, and pictures of it. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { PATIENCE_MS } from "./chromium.ts";
import { contrastFaultsOn, goWithin, SIZES, violationsOn } from "./stage.ts";

export type Size = keyof typeof SIZES;

/**
 * Has the page meet WCAG 2.2 AA in light and dark and fit its screen, once it has loaded; in the second colour what colours alone
 * can fail is looked at. Keeps its pictures by that name.
 */
export async function assertLooks(page: Page, name: string, size: Size): Promise<void> {
  await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
  // Pictures come first: what looks at contrast scrolls what it looks at.
  await inColours(page, "light");
  const beyond = await page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  await keepPicture(page, `${name}-${size}-light`);
  // What was as wide as another screen is laid out anew after it.
  await page
    .waitForFunction(`${CUT}.length === 0`, undefined, { timeout: SETTLED_MS })
    .catch(() => undefined);
  const cut = await page.evaluate(CUT);
  const small = await page.evaluate(SMALL);
  await inColours(page, "dark");
  await keepPicture(page, `${name}-${size}-dark`);
  const dark = await violationsOn(page);
  await inColours(page, "light");
  const light = await contrastFaultsOn(page);
  assert.deepEqual(
    { beyond, cut, small, light, dark },
    { beyond: 0, cut: [], small: [], light: [], dark: [] },
    `${name}, ${size}`,
  );
}

/** For a test that looks at so many pages: on a slow machine they take longer than one test is given by itself. */
export const limitOf = (pages: number) => ({ timeout: pages * PATIENCE_MS });

export type Shown = readonly [path: string, heading: string];

/** The same of pages below an address: on a screen each is loaded anew, on a phone a link leads to it. */
export async function assertPages(
  page: Page,
  url: string,
  pages: readonly Shown[],
  size: Size,
): Promise<void> {
  for (const [path, heading] of pages) {
    await (size === "wide" ? page.goto(url + path) : goWithin(page, url + path));
    await page.getByRole("heading", { name: heading, exact: true }).first().waitFor();
    await assertLooks(page, pictureName(path), size);
  }
}

async function inColours(page: Page, colorScheme: "light" | "dark"): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
}

const SETTLED_MS = 5_000;

/**
 * What is cut off, or runs into what is beside it: tables that are wider than there is room for, but that of a graph's samples on a
 * phone; cells; and of tabs and parts the one that is chosen and out of sight.
 */
const CUT = `[
  ...[...document.querySelectorAll("[role=group]:has(table)")].filter(
    (at) => at.scrollWidth > at.clientWidth && (at.ariaLabel !== "Samples" || at.clientWidth > ${SIZES.narrow.width}),
  ),
  ...[...document.querySelectorAll("th, td")].filter(
    (at) => at.scrollWidth > at.clientWidth && (at.tagName === "TH" || getComputedStyle(at).overflowX === "visible"),
  ),
  ...[...document.querySelectorAll("main [aria-current], main [aria-selected=true]")].filter((at) => {
    const row = at.closest("nav, div:has(> [role=tablist])")?.getBoundingClientRect();
    const { left, right } = at.getBoundingClientRect();
    return row !== undefined && (left < row.left - 1 || right > row.right + 1);
  }),
].map((at) => at.ariaLabel ?? at.textContent)`;

/** Where fingers point, what is pressed and is lower than 44 px, or narrower than 24; of a sign, what is around it counts. */
const SMALL = `!matchMedia("(pointer: coarse)").matches ? [] : [
  ...document.querySelectorAll("button, summary, [role=tab], nav a, .mantine-Button-root"),
].filter((at) => {
  const { offsetWidth: width, offsetHeight: height } = at;
  const around = (side) => Number.parseFloat(getComputedStyle(at, "::after")[side]) || 0;
  return width > 0 && (Math.max(height, around("height")) < 43.5 || Math.max(width, around("width")) < 24);
}).map((at) => at.ariaLabel ?? at.textContent)`;

const MOST_HEIGHT = 4_000;

/** Keeps a picture of all of the page where somebody wants to look at it: in the folder that `LODGE_PICTURES` names. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env.LODGE_PICTURES;
  const size = page.viewportSize();
  if (folder === undefined || size === null) return;
  // In a window that is as high as the page: what is as high as the window would end amid the picture. A long list does.
  const height = (await page.evaluate("document.documentElement.scrollHeight")) as number;
  await page.setViewportSize({ ...size, height: Math.min(Math.max(size.height, height), MOST_HEIGHT) });
  await page.evaluate("new Promise((idle) => requestIdleCallback(idle, { timeout: 2_000 }))");
  await page.screenshot({ path: `${folder}/${name}.png` });
  await page.setViewportSize(size);
}

/** What the pictures of the page at an address below the console's are called. */
const pictureName = (path: string): string =>
  path
    .replaceAll("11111111-2222-4333-8444-555555555555", "gone")
    .replaceAll(/[0-9a-f-]{36}/g, "UUID")
    .replaceAll(/\W+/g, "-") || "overview";
