/** What a list of servers costs the browser that shows it: until it shows something, its longest task, and what it holds. */
import type { Browser, Page } from "playwright-core";
import { launchChromium, PATIENCE_MS } from "./chromium.ts";

/** What a list of very many may hold at most. */
export const MOST_HEAP_BYTES = 60 * 2 ** 20;

export type Cost = {
  /** Until the first text or picture is seen. */
  readonly firstPaintMs: number;
  /** The longest that the page did nothing else while it opened, 50 where nothing took longer (Long Tasks API). */
  readonly openingMs: number;
  readonly filteringMs: number;
  readonly heapBytes: number;
};

const OBSERVER = `
  window.longest = 50;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
  }).observe({ type: "longtask", buffered: true });
`;

/** What is typed, a letter more or less each time; the servers differ by their UUIDs alone. */
const FILTERS = ["7", "73", "7", "ff"];

export class Measured {
  readonly #browser: Browser;
  readonly #url: string;
  readonly #auth: string;

  private constructor(browser: Browser, url: string, auth: string) {
    this.#browser = browser;
    this.#url = url;
    this.#auth = auth;
  }

  /**
   * @param url of the API, with a slash at the end
   * @param auth `user:secret`
   */
  static async open(url: string, auth: string): Promise<Measured> {
    return new Measured(await launchChromium(), url, auth);
  }

  close(): Promise<void> {
    return this.#browser.close();
  }

  /** Of the list of all servers, in a browser that has seen nothing of the console yet. */
  async list(count: number): Promise<Cost> {
    const page = await this.#tab();
    const shown = (text: string | RegExp) => page.getByRole("status").filter({ hasText: text }).waitFor();
    await page.goto(`${this.#url}console/servers`);
    await shown(String(count));
    await page.getByRole("row").nth(5).waitFor();
    const openingMs = await longest(page);
    await page.evaluate("window.longest = 50");
    const filter = page.getByRole("searchbox");
    for (const text of FILTERS) {
      await filter.fill(text);
      await shown(/ of /);
      await page.waitForURL(`**/servers?q=*${text}*`);
    }
    await filter.fill("");
    await shown(String(count));
    const filteringMs = await longest(page);
    const cost = {
      openingMs,
      filteringMs,
      firstPaintMs: await firstPaint(page),
      heapBytes: await heapBytes(page),
    };
    await page.context().close();
    return cost;
  }

  /** Of a page on which there is a word. */
  async blank(): Promise<Cost> {
    const page = await this.#tab();
    const url = `${this.#url}console/blank`;
    await page.route(url, (route) => route.fulfill({ contentType: "text/html", body: "<p>blank" }));
    await page.goto(url);
    await page.getByText("blank").waitFor();
    const openingMs = await longest(page);
    const cost = {
      openingMs,
      filteringMs: openingMs,
      firstPaintMs: await firstPaint(page),
      heapBytes: await heapBytes(page),
    };
    await page.context().close();
    return cost;
  }

  /** One in which somebody is logged in. */
  async #tab(): Promise<Page> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 800 } });
    context.setDefaultTimeout(PATIENCE_MS);
    const answer = await context.request.post(`${this.#url}session`, {
      headers: { authorization: `Basic ${Buffer.from(this.#auth).toString("base64")}` },
    });
    if (!answer.ok()) throw new Error(`no session: ${answer.status()} ${await answer.text()}`);
    await context.addInitScript(OBSERVER);
    return context.newPage();
  }
}

/** Tasks are told of once the page has nothing else to do. */
const longest = (page: Page) =>
  page.evaluate(
    "new Promise((done) => requestIdleCallback(() => setTimeout(() => done(window.longest), 100)))",
  ) as Promise<number>;

const firstPaint = (page: Page) =>
  page.evaluate(
    "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN",
  ) as Promise<number>;

/** What is held once nothing is that could be let go. */
export async function heapBytes(page: Page): Promise<number> {
  const client = await page.context().newCDPSession(page);
  await client.send("HeapProfiler.collectGarbage");
  const { usedSize } = await client.send("Runtime.getHeapUsage");
  return usedSize;
}
