/**
 * The console in a browser, for its tests: Debian's Chromium before a real API on the simulated host. What is on a page is found by
 * role and name alone.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, type TestContext } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { makeSessionCode } from "../../src/accounts/session-code.ts";
import { ConsoleSite } from "../../src/console/site.ts";
import type { Recipe } from "../../src/images/builder.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { type StateHttp, serveState } from "../../testing/state-http.ts";
import { launchChromium, PATIENCE_MS } from "./chromium.ts";

const CONSOLE = join(import.meta.dirname, "..");

/** What `npm run console` builds, and `npm test` before its tests. */
const DIST = join(CONSOLE, "dist");

const AXE = join(CONSOLE, "node_modules", "axe-core", "axe.min.js");

export const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } } as const;

export type Look = {
  readonly size?: keyof typeof SIZES;
  readonly scheme?: "light" | "dark";
};

export type Stage = {
  readonly cloud: Cloud;
  readonly http: StateHttp;
  /** The console's address, with a slash at the end. */
  readonly url: string;
  /** A tab of a browser in which nobody is logged in. */
  visit(look?: Look): Promise<Page>;
  /** A tab in which the cloud's user is logged in, by a link, at that address below the console's. */
  enter(path?: string, look?: Look): Promise<Page>;
  link(): Promise<string>;
};

type StageSettings = Parameters<typeof openCloud>[2] & {
  /** How the cloud builds systems by itself. */
  readonly recipe?: Recipe | undefined;
};

/** One for all tests of a file: to start one takes as long as a test. */
let browser: Promise<Browser> | null = null;
after(async () => {
  await (await browser)?.close();
});

/** A cloud of one user and its console; ends with the test. */
export async function openStage(
  t: Pick<TestContext, "after">,
  { recipe, ...settings }: StageSettings = {},
): Promise<Stage> {
  const cloud = await openCloud(t, undefined, settings);
  const failures: unknown[] = [];
  const http = await serveState(t, cloud, new ConsoleSite(DIST, (error) => failures.push(error)), recipe);
  const url = `${http.url}console/`;
  const contexts: BrowserContext[] = [];
  t.after(async () => {
    for (const context of contexts) await context.close();
  });
  const link = async () => `${url}#code=${await makeSessionCode(cloud.daemon().store, cloud.user)}`;
  const visit = async ({ size = "wide", scheme = "light" }: Look = {}) => {
    browser ??= launchChromium();
    const context = await (await browser).newContext({
      viewport: SIZES[size],
      colorScheme: scheme,
      reducedMotion: "reduce",
      hasTouch: size === "narrow",
      locale: "en-GB",
      timezoneId: "UTC",
    });
    contexts.push(context);
    context.setDefaultTimeout(PATIENCE_MS);
    return context.newPage();
  };
  const enter = async (path = "", look: Look = {}) => {
    const page = await visit(look);
    await page.goto(await link());
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    if (path === "") return page;
    await page.goto(url + path);
    // A key that is pressed before anything is drawn is heard by nobody.
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    return page;
  };
  return { cloud, http, url, visit, enter, link };
}

/** Goes there as a link of the page does, which takes a fraction of what it takes to load the page anew. */
export const goWithin = (page: Page, address: string): Promise<void> =>
  page.evaluate(`history.pushState({}, "", ${JSON.stringify(address)})`);

type Violation = {
  readonly id: string;
  readonly nodes: readonly { readonly target: unknown; readonly failureSummary?: string }[];
};

/** What of the page fails WCAG 2.2 AA, a line each. */
export function violationsOn(page: Page): Promise<readonly string[]> {
  return violationsOf(page, RULES);
}

/** The same of what its colours alone can fail. */
export function contrastFaultsOn(page: Page): Promise<readonly string[]> {
  return violationsOf(page, ["color-contrast", "link-in-text-block"]);
}

async function violationsOf(page: Page, rules: readonly string[]): Promise<readonly string[]> {
  if ((await page.evaluate("typeof axe")) === "undefined") await page.evaluate(readFileSync(AXE, "utf8"));
  const violations = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(rules)} }).then(({ violations }) => violations)`,
  )) as readonly Violation[];
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary}`),
  );
}

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
