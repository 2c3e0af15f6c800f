/** Every page where the API is not there, fails, refuses, or is slow: what is shown then, and that it goes by itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page, Route } from "playwright-core";
import { fill, type Scene } from "./scene.ts";
import { openStage, violationsOn } from "./stage.ts";

/** Pages with what each cannot do without. */
const pagesOf = ({ server, drive }: Scene): readonly (readonly [path: string, needs: RegExp])[] => [
  ["", /\/servers\/info$/],
  ["servers", /\/servers\/info$/],
  ["servers/create", /\/drives\/standard\/info$/],
  ["servers/create?keys=all", /\/openapi\.json$/],
  [`servers/${server}`, /\/servers\/[0-9a-f-]{36}\/info$/],
  [`servers/${server}?tab=configuration`, /\/openapi\.json$/],
  ["drives", /\/drives\/info\/full$/],
  ["drives/create", /\/openapi\.json$/],
  [`drives/${drive}`, /\/drives\/[0-9a-f-]{36}\/info\/full$/],
  ["images", /\/drives\/standard\/info$/],
  ["addresses", /\/resources\/info$/],
  ["vlans", /\/resources\/info$/],
  ["account?tab=keys", /\/profile\/keys\/info$/],
  ["account?tab=sessions", /\/profile\/sessions\/info$/],
  ["api", /\/openapi\.json$/],
  ["activity", /\/profile\/events$/],
  [`servers/${server}?tab=activity`, /\/profile\/events\/of\/[0-9a-f-]{36}$/],
  [`servers/${server}?tab=graphs`, /\/servers\/[0-9a-f-]{36}\/samples\/\d+\/\d+$/],
  ["account?tab=limits", /\/profile\/usage/],
  ["cloud", /\/cloud\/status$/],
  ["cloud/accounts", /\/accounts\/info$/],
  ["cloud/audit", /\/events(\/\d+)?$/],
  ["cloud/pools", /\/pools\/info$/],
  ["cloud/webhooks", /\/webhooks\/info$/],
];

const SENTENCE = "the store cannot be written now";

const answering = (status: number) => (route: Route) =>
  route.fulfill({ status, contentType: "text/plain", body: `${SENTENCE}\n` });

/** What is shown has no fault, and a way on: the pages are still there to go to. */
async function assertWayOn(page: Page, path: string): Promise<void> {
  assert.deepEqual(await violationsOn(page), [], path);
  assert.ok((await page.getByRole("heading", { level: 1 }).count()) === 1, `${path} has no heading`);
  assert.ok(
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Overview" }).isVisible(),
    path,
  );
}

for (const [status, what] of [
  [500, "fails"],
  [403, "refuses"],
] as const) {
  test(`where the API ${what} (${status}), each page says so in its words, with a way on`, async (t) => {
    const stage = await openStage(t);
    const scene = await fill(stage);
    const page = await stage.enter();
    for (const [path, needs] of pagesOf(scene)) {
      await page.route(needs, answering(status));
      await page.goto(stage.url + path);
      await page.getByRole("alert").getByText("The store cannot be written now").first().waitFor();
      await assertWayOn(page, path);
      await page.unroute(needs);
    }
  });
}

test("where what a page needs was not reached, the page says so, and shows it once it is asked again", async (t) => {
  const stage = await openStage(t);
  const scene = await fill(stage);
  const page = await stage.enter();
  // Trying again after a while is part of it: of one page is enough.
  const [path, needs] = pagesOf(scene)[1] ?? assert.fail();
  await page.route(needs, (route) => route.abort("connectionrefused"));
  await page.goto(stage.url + path);
  await page.getByText("The cloud cannot be reached. This page goes on by itself").waitFor();
  await page.getByRole("alert").getByText("The cloud cannot be reached now.").waitFor();
  await assertWayOn(page, path);
  await page.unroute(needs);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("link", { name: "web-frontend" }).waitFor();
  await page.getByText("The cloud cannot be reached.").waitFor({ state: "detached" });
});

test("while what a page needs is slow, it says that it loads, and nothing that is not so", async (t) => {
  const stage = await openStage(t);
  const scene = await fill(stage);
  const page = await stage.enter();
  for (const [path, needs] of pagesOf(scene)) {
    const { promise, resolve: goOn } = Promise.withResolvers<void>();
    await page.route(needs, async (route) => {
      await promise;
      await route.continue().catch(() => {});
    });
    await page.goto(stage.url + path);
    await page.getByRole("status", { name: "Loading" }).first().waitFor();
    assert.equal(await page.getByText(/yet$/).count(), 0, `${path} says that there is nothing`);
    assert.equal(await page.getByRole("alert").count(), 0, path);
    goOn();
    await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
    await page.unroute(needs);
  }
});

test("what is shown stays where it cannot be read again, and a server that is gone is told of", async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  const page = await stage.enter("servers");
  await page.getByRole("link", { name: "web-frontend" }).waitFor();
  await page.route(/\/servers\/info$/, answering(500));
  await page.getByRole("link", { name: "Drives", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Drives" }).waitFor();
  await page.waitForTimeout(2_100);
  await page.getByRole("link", { name: "Servers", exact: true }).click();
  await page.getByRole("alert").getByText("The store cannot be written now").waitFor();
  assert.ok(await page.getByRole("link", { name: "web-frontend" }).isVisible());
  await page.route(new RegExp(`/servers/${server}/info$`), answering(404));
  await page.getByRole("link", { name: "web-frontend" }).click();
  await page.getByRole("heading", { level: 1, name: "It is not there" }).waitFor();
  await page.getByRole("link", { name: "← Servers" }).click();
  await page.getByRole("heading", { level: 1, name: "Servers" }).waitFor();
});
