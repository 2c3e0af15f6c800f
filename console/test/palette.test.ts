/** The palette: pages, objects and actions, by the keyboard. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { makeServer } from "../../testing/state-objects.ts";
import { focused } from "./focus.ts";
import { keepPicture } from "./looked.ts";
import { fill } from "./scene.ts";
import { openStage, violationsOn } from "./stage.ts";

const NAME = "Search pages, objects and actions";

async function openPalette(page: Page) {
  await page.keyboard.press("Control+k");
  const dialog = page.getByRole("dialog", { name: NAME });
  const field = dialog.getByRole("combobox", { name: NAME });
  await field.waitFor();
  return { dialog, field, option: (name: string | RegExp) => dialog.getByRole("option", { name }) };
}

test("Ctrl-K finds a page, a server by its tag and a drive by its UUID, and Enter leads there", async (t) => {
  const stage = await openStage(t);
  const { server, drive } = await fill(stage);
  const page = await stage.enter();
  const first = await openPalette(page);
  await page.keyboard.type("vlan");
  await first.option("VLANs").waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "VLANs" }).waitFor();
  assert.equal(await first.dialog.count(), 0);
  const second = await openPalette(page);
  await page.keyboard.type("production web");
  await second.option(/^web-frontend/).waitFor();
  assert.equal(await second.option(/^database-primary/).count(), 0);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${stage.url}servers/${server}`);
  const third = await openPalette(page);
  // What was gone to last is what one may want again.
  assert.match((await third.dialog.getByRole("option").first().textContent()) ?? "", /^web-frontend/);
  await page.keyboard.type(drive.slice(0, 8));
  await third.option(/^backup-of-the-database/).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(`${stage.url}drives/${drive}`);
});

test("an action is found by its word and the server's name; what cannot be done says why, and does nothing", async (t) => {
  const stage = await openStage(t);
  const { stopped } = await fill(stage);
  const page = await stage.enter("addresses");
  const { dialog, option } = await openPalette(page);
  await page.keyboard.type("reset batch");
  const reset = option(/^Reset: batch-worker/);
  await reset.waitFor();
  assert.equal(await reset.getAttribute("aria-disabled"), "true");
  assert.match((await reset.textContent()) ?? "", new RegExp(`Server ${stopped} is not active\\.$`));
  await page.keyboard.press("Enter");
  assert.equal(await dialog.count(), 1);
  await page.keyboard.press("Control+a");
  await page.keyboard.type("start batch");
  await option(/^Start: batch-worker/).waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("The server is started").waitFor();
  assert.ok(stage.cloud.machine.servers.has(stopped));
});

test("arrows go round, Escape closes, and the focus is where it was", async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter();
  const button = page.getByRole("button", { name: NAME });
  await button.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: NAME });
  const field = dialog.getByRole("combobox");
  await field.waitFor();
  const chosen = dialog.getByRole("option", { selected: true });
  assert.equal(await chosen.textContent(), "Overview");
  await page.keyboard.press("ArrowUp");
  assert.notEqual(await chosen.textContent(), "Overview");
  await page.keyboard.press("ArrowDown");
  assert.equal(await chosen.textContent(), "Overview");
  assert.equal(await field.getAttribute("aria-activedescendant"), await chosen.getAttribute("id"));
  await page.keyboard.type("nothing like it");
  await dialog.getByRole("status").getByText("Nothing is called “nothing like it”.").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await focused(button).count(), 1);
});

for (const [size, scheme] of [
  ["wide", "light"],
  ["narrow", "dark"],
] as const) {
  test(`${size}, ${scheme}: the palette meets WCAG 2.2 AA, empty and with what was found`, async (t) => {
    const stage = await openStage(t);
    await makeServer(stage.cloud, { name: "web-1", persistent: true, tags: "web" });
    const page = await stage.enter("", { size, scheme });
    await page.getByRole("button", { name: NAME }).click();
    const dialog = page.getByRole("dialog", { name: NAME });
    await dialog.getByRole("option", { name: "Overview" }).waitFor();
    assert.deepEqual(await violationsOn(page), []);
    await dialog.getByRole("combobox").fill("web");
    await dialog.getByRole("option", { name: /^Stop: web-1/ }).waitFor();
    assert.deepEqual(await violationsOn(page), []);
    await keepPicture(page, `palette-${size}-${scheme}`);
  });
}
