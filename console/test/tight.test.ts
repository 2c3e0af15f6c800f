/** What there is little room for: names as long as they may be, and a screen of 320 px (WCAG 2.2, 1.4.10). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { adminStage } from "./cloud-stage.ts";

const LONG = "a-name-of-many-words-".repeat(12);

/** What of the page is beyond its screen, and which buttons have no room for what they say. */
const TIGHT = `({
  beyond: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  buttons: [...document.querySelectorAll("button")]
    .filter((at) => [at, ...at.querySelectorAll("[class*=label]")].some((part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 1))
    .map((at) => at.textContent),
})`;

async function assertRoom(page: Page, where: string): Promise<void> {
  assert.deepEqual(await page.evaluate(TIGHT), { beyond: 0, buttons: [] }, where);
}

const heightOf = async (page: Page, name: string) =>
  (await page.getByRole("heading", { level: 1, name }).boundingBox())?.height ?? 0;

test("a long name and a long tag take no more room than others, on the smallest of screens too", async (t) => {
  const { stage, ask } = await adminStage(t);
  const { url } = stage;
  const { server } = await ask("servers/create/stopped", {
    name: LONG,
    cpu: 500,
    mem: 64,
    tags: `${LONG} short`,
  });
  const page = await stage.enter();
  for (const width of [1280, 320]) {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(`${url}servers/${server}`);
    await page.getByRole("heading", { level: 1, name: LONG }).waitFor();
    assert.ok((await heightOf(page, LONG)) < 130, `${width} px: three lines at most`);
    await assertRoom(page, `a server, ${width} px`);
    await page.goto(`${url}servers`);
    const chip = page.getByRole("group", { name: "Tags" }).getByRole("button", { name: LONG });
    const [of, count] = await Promise.all(
      [chip, chip.getByText("1", { exact: true })].map((at) => at.boundingBox()),
    );
    assert.ok(
      of && count && count.x + count.width <= of.x + of.width,
      `${width} px: how many have the tag is told`,
    );
    await page.goto(`${url}activity`);
    const event = page.getByRole("listitem").filter({ hasText: LONG }).first();
    assert.ok(((await event.boundingBox())?.height ?? 999) < 190, `${width} px: an event of a few lines`);
    await assertRoom(page, `activity, ${width} px`);
  }
});
