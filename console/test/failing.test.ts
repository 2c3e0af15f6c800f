/** Every page where the API is slow, not there, fails or refuses, and where what it is about is gone: what is shown then, and that it goes by itself. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Locator, Page, Route } from "playwright-core";
import { destroyDrive } from "../../src/drives/lifecycle/destroy.ts";
import { long } from "../../testing/share.ts";
import { lifecycle, makeDrive, makeServer } from "../../testing/state-objects.ts";
import { until } from "../../testing/until.ts";
import { PATIENCE_MS } from "./chromium.ts";
import { adminStage } from "./cloud-stage.ts";
import { fill, type Scene } from "./scene.ts";
import { goWithin, openStage, type Stage, violationsOn } from "./stage.ts";

const MONTH = new Date().toISOString().slice(0, "2027-01".length);

/** Pages with what each cannot do without. */
const pagesOf = (
  { server, drive }: Scene,
  user: string,
): readonly (readonly [path: string, needs: RegExp])[] => [
  ["", /\/servers\/info$/],
  ["servers", /\/servers\/info$/],
  ["servers/create", /\/drives\/standard\/info$/],
  ["servers/create?keys=all", /\/openapi\.json$/],
  [`servers/${server}`, /\/servers\/[0-9a-f-]{36}\/info$/],
  [`servers/${server}?tab=network`, /\/openapi\.json$/],
  [`servers/${server}?tab=configuration`, /\/openapi\.json$/],
  [`servers/${server}?tab=graphs`, /\/servers\/[0-9a-f-]{36}\/samples\/\d+\/\d+$/],
  [`servers/${server}?tab=activity`, /\/profile\/events\/of\/[0-9a-f-]{36}$/],
  ["drives", /\/drives\/info\/full$/],
  ["drives/create", /\/openapi\.json$/],
  [`drives/${drive}`, /\/drives\/[0-9a-f-]{36}\/info\/full$/],
  [`drives/${drive}?tab=configuration`, /\/openapi\.json$/],
  [`drives/${drive}?tab=activity`, /\/profile\/events\/of\/[0-9a-f-]{36}$/],
  ["images", /\/drives\/standard\/info$/],
  ["addresses", /\/resources\/info$/],
  ["vlans", /\/resources\/info$/],
  ["activity", /\/profile\/events$/],
  ["account", /\/openapi\.json$/],
  ["account?tab=limits", /\/profile\/usage\//],
  ["account?tab=keys", /\/profile\/keys\/info$/],
  ["account?tab=sessions", /\/profile\/sessions\/info$/],
  ["account?tab=money", /\/subscriptions\/info$/],
  ["account?tab=ledger", /\/profile\/ledger\/\d+\/\d+$/],
  ["account?tab=invoices", /\/profile\/invoices\/list$/],
  [`account/invoices/${MONTH}`, /\/profile\/invoices\/[\d-]+\/info$/],
  ["api", /\/openapi\.json$/],
  ["cloud", /\/cloud\/status$/],
  ["cloud/accounts", /\/accounts\/info$/],
  ["cloud/accounts/create", /\/openapi\.json$/],
  [`cloud/accounts/${user}`, /\/accounts\/[0-9a-f-]{36}\/info$/],
  [`cloud/accounts/${user}?tab=settings`, /\/openapi\.json$/],
  [`cloud/accounts/${user}?tab=money`, /\/openapi\.json$/],
  [`cloud/accounts/${user}?tab=events`, /\/profile\/events$/],
  ["cloud/images", /\/images\/info$/],
  ["cloud/pools", /\/pools\/info$/],
  ["cloud/prices", /\/pricing\/lists$/],
  ["cloud/audit", /\/events(\/\d+)?$/],
  ["cloud/webhooks", /\/webhooks\/info$/],
];

type Fate = (route: Route) => unknown;

const answering =
  (status: number, sentence: string): Fate =>
  (route) =>
    route.fulfill({ status, contentType: "text/plain", body: `${sentence}\n` });

const notReached: Fate = (route) => route.abort("connectionrefused");

const isOfApi = ({ pathname }: URL) => !pathname.startsWith("/console/");

/** What becomes of what a page asks for. */
class Line {
  #needs = /^/;
  #fate: Fate | null = null;

  /** @param isAsked without it what of the console is asked for is always there */
  static async of(page: Page, isAsked = isOfApi): Promise<Line> {
    const line = new Line();
    await page.route(isAsked, async (route) => {
      const { pathname } = new URL(route.request().url());
      await (line.#fate !== null && line.#needs.test(pathname) ? line.#fate(route) : route.continue());
    });
    return line;
  }

  /** From now on that becomes of what is asked for at such paths. */
  turns(fate: Fate, needs = /^/): void {
    this.#needs = needs;
    this.#fate = fate;
  }

  /** From now on all is as it should be. */
  mends(): void {
    this.#fate = null;
  }
}

const loading = (page: Page) => page.getByRole("status", { name: "Loading" });
const alert = (page: Page, sentence: string) => page.getByRole("alert").getByText(sentence).first();

/** Longer than a page waits until it asks for anything again by itself. */
const WHILE_MS = 120_000;
/** Longer than what no page shows any more is kept. */
const FORGOTTEN_MS = 301_000;

/** Time passes for the page until that is so. */
const inTime = (page: Page, what: string, shown: Locator) =>
  until(
    what,
    async () => {
      if (await shown.isVisible()) return true;
      await page.clock.fastForward(WHILE_MS);
      return null;
    },
    PATIENCE_MS,
  );

/** A page on which nothing is read, at which nothing is known any more of what other pages have read. */
async function forget(page: Page, url: string): Promise<void> {
  await goWithin(page, `${url}nowhere`);
  await page.getByRole("heading", { level: 1, name: "There is no such page" }).waitFor();
  await page.clock.fastForward(FORGOTTEN_MS);
}

/** What is shown has no fault, and a way on: the pages are still there to go to. */
async function assertWayOn(page: Page, path: string): Promise<void> {
  assert.deepEqual(await violationsOn(page), [], path);
  assert.ok((await page.getByRole("heading", { level: 1 }).count()) === 1, `${path} has no heading`);
  assert.ok(
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Overview" }).isVisible(),
    path,
  );
}

/** Presses each button of that kind; the last one first, since it may go as it is pressed. */
async function tryAgain(page: Page): Promise<void> {
  const buttons = await page.getByRole("button", { name: "Try again" }).all();
  for (const button of buttons.toReversed()) await button.click();
}

/** An admin's cloud with prices, in which there is something of each kind, and a tab whose line and clock are the test's. */
async function openLine(t: TestContext) {
  const cloud = await adminStage(t);
  await cloud.ask("pricing/set", { currency: "EUR", from: "now", "mem:burst": "0.00001" });
  await cloud.ask(`accounts/${cloud.user}/credit`, { amount: "1000", reference: "r1", text: "transfer" });
  const scene = await fill(cloud.stage);
  const page = await cloud.stage.enter();
  await page.clock.install();
  return { cloud, scene, page, line: await Line.of(page) };
}

type Opened = Awaited<ReturnType<typeof openLine>>;

/** Opens a page by a link, where its need is answered late, then nothing is reached, then it fails and is refused, and at last all is well. */
async function assertTroubles({ cloud, page, line }: Opened, path: string, needs: RegExp): Promise<void> {
  const { url } = cloud.stage;
  await forget(page, url);
  const held: Route[] = [];
  line.turns((route) => held.push(route), needs);
  await goWithin(page, url + path);
  await loading(page).first().waitFor();
  assert.equal(await page.getByText(/yet$/).count(), 0, `${path} says that there is nothing`);
  assert.equal(await page.getByRole("alert").count(), 0, path);

  line.turns(notReached);
  for (const route of held) await notReached(route);
  await inTime(page, `${path} is not reached`, alert(page, "The cloud cannot be reached now."));
  await page.getByText("The cloud cannot be reached. This page goes on by itself").waitFor();
  await assertWayOn(page, path);

  line.turns(answering(500, "the store cannot be written now"), needs);
  await inTime(page, `${path} goes on by itself, and fails`, alert(page, "The store cannot be written now"));
  line.turns(answering(403, "that is for others"), needs);
  await tryAgain(page);
  await alert(page, "That is for others").waitFor();

  line.mends();
  await tryAgain(page);
  await page.getByRole("alert").first().waitFor({ state: "detached" });
  await loading(page).first().waitFor({ state: "detached" });
}

test(
  "each page says that it loads, that nothing is reached, that it fails or is refused, and goes on from there",
  long,
  async (t) => {
    const opened = await openLine(t);
    for (const [path, needs] of pagesOf(opened.scene, opened.cloud.user))
      await t.test(path === "" ? "overview" : path, () => assertTroubles(opened, path, needs));
  },
);

const GONE = "11111111-2222-4333-8444-555555555555";

test("each page of what is not there says so, and leads back", async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter();
  for (const [path, back] of [
    [`servers/${GONE}`, "Servers"],
    [`drives/${GONE}`, "Drives"],
    [`cloud/accounts/${GONE}`, "Accounts"],
    ["account/invoices/2020-01", "Account"],
  ] as const) {
    await goWithin(page, stage.url + path);
    await page.getByRole("heading", { level: 1, name: "It is not there" }).waitFor();
    await page.getByRole("alert").waitFor();
    await assertWayOn(page, path);
    await page.getByRole("main").getByRole("link", { name: "←" }).click();
    await page.getByRole("heading", { level: 1, name: back, exact: true }).waitFor();
  }
});

const SERVER_TABS = ["screen", "serial", "graphs", "devices", "network", "configuration", "activity"];
const DRIVE_TABS = ["configuration", "content", "sharing", "activity"];

/** Objects of both kinds, one for each of their tabs, with what ends it. */
async function makeLost({ cloud }: Stage) {
  const lost: { path: string; name: string; end: () => Promise<unknown> }[] = [];
  for (const tab of SERVER_TABS) {
    const name = `server-of-${tab}`;
    const server = await makeServer(cloud, { name });
    // One that is not persistent is gone once it stops.
    lost.push({ path: `servers/${server}?tab=${tab}`, name, end: () => lifecycle(cloud).stop(server) });
  }
  for (const tab of DRIVE_TABS) {
    const name = `drive-of-${tab}`;
    const drive = await makeDrive(cloud, { name });
    const end = () => destroyDrive(cloud.daemon().dependencies, drive);
    lost.push({ path: `drives/${drive}?tab=${tab}`, name, end });
  }
  return lost;
}

test(
  "whichever part of an object is looked at, that it is gone is told, with a way back",
  long,
  async (t) => {
    const stage = await openStage(t);
    const lost = await makeLost(stage);
    const page = await stage.visit();
    const following = page.waitForResponse((answer) => answer.url().endsWith("/profile/changes"));
    await page.goto(await stage.link());
    await following;
    for (const { path, name, end } of lost) {
      await goWithin(page, stage.url + path);
      await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
      await page.getByRole("tabpanel").waitFor();
      await end();
      await page.getByRole("heading", { level: 1, name: "It is not there" }).waitFor();
      await page.getByRole("main").getByRole("link", { name: "←" }).click();
      await page.getByRole("heading", { level: 1, name: /^(Servers|Drives)$/ }).waitFor();
      assert.equal(await page.getByRole("link", { name, exact: true }).count(), 0);
    }
  },
);

test("what is shown stays where it cannot be read again, and what is gone is told of", async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  const page = await stage.enter();
  await page.clock.install();
  const line = await Line.of(page);
  await goWithin(page, `${stage.url}servers`);
  const shown = page.getByRole("link", { name: "web-frontend" });
  await page.getByRole("table", { name: "Servers" }).waitFor();
  line.turns(answering(500, "the store cannot be written now"), /\/servers\/info$/);
  await inTime(page, "it is read again", alert(page, "The store cannot be written now"));
  assert.ok(await shown.isVisible());
  line.turns(answering(404, "there is no such server"), new RegExp(`/servers/${server}/info$`));
  await shown.click();
  await page.getByRole("heading", { level: 1, name: "It is not there" }).waitFor();
  await page.getByRole("link", { name: "← Servers" }).click();
  await page.getByRole("heading", { level: 1, name: "Servers" }).waitFor();
});

test(
  "a console that is loaded while nothing is reached says so, and shows the page once it is",
  long,
  async (t) => {
    const stage = await openStage(t);
    const page = await stage.enter();
    await page.clock.install();
    const line = await Line.of(page);
    line.turns(notReached);
    await page.goto(`${stage.url}drives`);
    await inTime(page, "it is not reached", alert(page, "The cloud cannot be reached now."));
    line.mends();
    await tryAgain(page);
    await page.getByRole("heading", { level: 1, name: "Drives" }).waitFor();
  },
);

test("a page whose part was never loaded comes by itself once something is reached, and nothing of the tab is lost", async (t) => {
  const stage = await openStage(t);
  await makeDrive(stage.cloud, { name: "first" });
  const page = await stage.visit();
  await page.clock.install();
  await page.goto(await stage.link());
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await page.evaluate("window.isKept = true");
  const line = await Line.of(page, () => true);
  line.turns(notReached);
  await page.getByRole("link", { name: "Drives", exact: true }).click();
  await page.getByText("The cloud cannot be reached. This page goes on by itself").waitFor();
  line.mends();
  const drive = page.getByRole("link", { name: "first" });
  await inTime(page, "the part has come", drive);
  assert.equal(await page.evaluate("window.isKept"), true);
  const isStyled = `getComputedStyle(document.querySelector("tbody tr")).position === "absolute"`;
  await until("its styles have come", async () => (await page.evaluate(isStyled)) || null, PATIENCE_MS);
});

test("a page whose part is gone is loaded anew, as a newer console has it", long, async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter();
  await page.evaluate("window.isKept = true");
  const line = await Line.of(page, ({ pathname }) => /\/assets\/list-/.test(pathname));
  line.turns(answering(404, "there is no such file"));
  page.once("framenavigated", () => page.once("framenavigated", () => line.mends()));
  await page.getByRole("link", { name: "Drives", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Drives" }).waitFor();
  assert.equal(await page.evaluate("window.isKept"), undefined);
});
