/** How a page begins: what it loads is on its way at once, and what there is much of is drawn after what stands above it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { copyRows } from "../../testing/copied-rows.ts";
import { makeServer } from "../../testing/state-objects.ts";
import { openStage } from "./stage.ts";

const MANY = 1_000;

/** Keeps back what is asked for at such an address until it is released. */
async function hold(page: Page, address: string) {
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  await page.route(address, async (route) => {
    asked.resolve();
    await released.promise;
    await route.continue();
  });
  return { isHeld: asked.promise, release: released.resolve };
}

test("what draws a page and what is on it are asked for before the first script has come", async (t) => {
  const { url, visit } = await openStage(t);
  const page = await visit();
  const { release } = await hold(page, "**/assets/index-*.js");
  const asked = ["react", "page"].map((name) =>
    page.waitForRequest((request) => request.url().includes(`/assets/${name}-`)),
  );
  await page.goto(url, { waitUntil: "commit" });
  await Promise.all(asked);
  release();
  await page.getByRole("heading", { level: 1 }).waitFor();
});

/** Notes whether the filter of a list was there once without the list, and how often a number was told by what is made for it alone. */
const NOTES = `
  window.notes = { wasAlone: false, made: 0 };
  new MutationObserver(() => {
    const has = (selector) => document.querySelector(selector) !== null;
    window.notes.wasAlone ||= has("input[type=search]") && !has("tbody tr");
  }).observe(document, { childList: true, subtree: true });
  const told = Number.prototype.toLocaleString;
  Number.prototype.toLocaleString = function (...options) {
    window.notes.made++;
    return told.apply(this, options);
  };
`;

test("a long list is drawn after what stands above it, and makes nothing anew for each amount", async (t) => {
  const { cloud, url, visit, link } = await openStage(t);
  await copyRows(cloud.daemon().store, "servers", await makeServer(cloud, {}, false), MANY - 1);
  const page = await visit();
  await page.goto(await link());
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await page.addInitScript(NOTES);
  const { isHeld, release } = await hold(page, "**/servers/info");
  await page.goto(`${url}servers`);
  await page.getByRole("heading", { level: 1, name: "Servers" }).waitFor();
  await isHeld;
  release();
  await page.getByRole("row").nth(5).waitFor();
  await page
    .getByRole("status")
    .filter({ hasText: String(MANY) })
    .waitFor();
  assert.deepEqual(await page.evaluate("window.notes"), { wasAlone: true, made: 0 });
});
