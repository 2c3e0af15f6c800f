/** The main story by the keyboard alone: a server is made, its screen is seen, and it is destroyed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { reach } from "./focus.ts";
import { openStage } from "./stage.ts";

async function go(page: Page, words: string, option: RegExp): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search pages, objects and actions" }).waitFor();
  await page.keyboard.type(words);
  await page.getByRole("option", { name: option, selected: true }).waitFor();
  await page.keyboard.press("Enter");
}

test("by the keyboard alone a server is made, its screen is seen, and it is destroyed", async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter();
  await go(page, "create a server", /^Create a server/);
  await page.getByRole("heading", { level: 1, name: "Create a server" }).waitFor();
  await reach(page.getByRole("textbox", { name: "Name" }));
  await page.keyboard.type("typed");
  // Where there is nothing else to boot, an empty drive is what is meant.
  assert.ok(await page.getByRole("radio", { name: "An empty drive" }).isChecked());
  await reach(page.getByRole("textbox", { name: "Size of the drive" }));
  await page.keyboard.press("Control+a");
  await page.keyboard.type("10M");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "typed" }).waitFor();

  await go(page, "screen typed", /^Screen: typed/);
  await page.getByRole("tab", { name: "Screen", selected: true }).waitFor();
  await reach(page.getByRole("button", { name: "Destroy" }));
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Destroy server typed?" }).waitFor();
  await reach(page.getByRole("dialog").getByRole("textbox"));
  await page.keyboard.type("typed");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Servers" }).waitFor();
  await page.getByRole("heading", { name: "No servers yet" }).waitFor();
});
